import type { Challenge, Reason } from '../../../src-shared/challenge.ts';
import type { LeaseSummary } from '../../../src-shared/connection-state.ts';
import type { HelperStatus } from '../../../src-shared/helper-rpc.ts';
import { type Policy, policySchema } from '../../../src-shared/policy.ts';
import { transition } from '../machine.ts';
import { type Effect, initialMachine, type Machine, type Untimed } from '../machine-types.ts';

export const gatedPolicy: Policy = policySchema.parse({});
export const openPolicy: Policy = policySchema.parse({ totpPriorConnection: false });

let ids = 0;
export function makeId(): string {
  ids += 1;
  return `00000000-0000-7000-8000-${ids.toString(16).padStart(12, '0')}`;
}

export function makeLease(epoch: number, expiresAt = '2030-01-01T00:00:00.000Z'): LeaseSummary {
  return { leaseId: makeId(), gatewayId: 'gw', expiresAt, epoch, addresses: ['10.86.0.2/32'] };
}

export function makeReason(code = 'administrator', message = 'Sign-in from a new country'): Reason {
  return { code, message, at: '2026-11-21T12:03:00.000Z' };
}

export function makeChallenge(
  reason: Reason | null = null,
  expiresAt = '2030-01-01T00:00:00.000Z',
): Challenge {
  return { id: makeId(), nonce: 'bm9uY2U', requires: ['totp'], unlockMethods: [], reason, expiresAt };
}

/** A challenge that wants unlocking, and with `requires` perhaps a code too. */
export function makeUnlockChallenge(
  change: Partial<Challenge> = {},
  pin: Partial<NonNullable<NonNullable<Challenge['unlock']>['pin']>> = {},
): Challenge {
  return {
    ...makeChallenge(),
    requires: ['unlock'],
    unlockMethods: ['pin', 'uv-hw', 'uv-soft'],
    unlock: {
      pin: { salt: 'AAAAAAAAAAAAAAAAAAAAAA', attemptsLeft: 5, waitUntil: null, ...pin },
      uvHw: { credentialId: 'Y3JlZA' },
    },
    ...change,
  };
}

export function makeStatus(phase: HelperStatus['phase'], leaseId?: string): HelperStatus {
  const base = { phase, lastHandshakeAt: null, rxBytes: 0, txBytes: 0 };
  return leaseId === undefined ? base : { ...base, leaseId };
}

/** Feeds events one after the other and keeps everything that was asked for. */
export class MachineWorld {
  machine: Machine = initialMachine;
  at = Date.parse('2026-11-21T12:00:00.000Z');
  /** Of the newest event. */
  effects: Effect[] = [];
  readonly allEffects: Effect[] = [];

  feed(event: Untimed): Effect[] {
    const result = transition(deepFreeze(this.machine), { ...event, at: this.at });
    this.machine = result.machine;
    this.effects = result.effects;
    this.allEffects.push(...result.effects);
    return result.effects;
  }

  get view() {
    return this.machine.view;
  }

  /** The newest effect of a kind; throws when there was none. */
  last<T extends Effect['type']>(type: T): Extract<Effect, { type: T }> {
    const found = this.allEffects.findLast(
      (effect): effect is Extract<Effect, { type: T }> => effect.type === type,
    );
    if (!found) throw new Error(`no ${type} yet`);
    return found;
  }

  /** The newest request, with its proof on the way if it carries one. */
  sent(): number {
    const { id, proof } = this.last('requestConnection');
    if (proof && this.machine.request?.id === id) this.feed({ type: 'proof-sent', id });
    return id;
  }

  has(type: Effect['type']): boolean {
    return this.effects.some((effect) => effect.type === type);
  }
}

/** A transition that changed its input would throw. */
function deepFreeze<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
