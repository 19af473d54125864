import { expect } from 'vitest';
import type { CodeMethod } from '../../../src-shared/otp-code.ts';
import { problem } from '../../../src-shared/problem.ts';
import type { ProofRef } from '../machine-types.ts';
import { gatedPolicy, MachineWorld, makeChallenge, makeLease, makeStatus } from './machine-world.ts';

/** The usual ways to the states that tests of the machine begin in, and what the server answers there. */
export const GATEWAY = 'gw';

export function signedIn(policy = gatedPolicy): MachineWorld {
  const world = new MachineWorld();
  world.feed({ type: 'signed-in' });
  world.feed({ type: 'channel.opened', epoch: 1 });
  world.feed({ type: 'server.policy', policy });
  return world;
}

export function grant(world: MachineWorld, lease = makeLease(1)) {
  const id = world.sent();
  world.feed({ type: 'answer.connection', id, outcome: { granted: lease } });
  return lease;
}

export function refuse(
  world: MachineWorld,
  refused = problem('step-up-required'),
  challenge = makeChallenge(),
) {
  const id = world.sent();
  const outcome = { refused, challenge, mayHaveArrived: true };
  world.feed({ type: 'answer.connection', id, outcome });
  return challenge;
}

export function refuseFlat(world: MachineWorld, refused = problem('invalid-code'), mayHaveArrived = true) {
  const id = world.sent();
  world.feed({ type: 'answer.connection', id, outcome: { refused, challenge: null, mayHaveArrived } });
}

export function handshake(world: MachineWorld, leaseId: string) {
  const id = world.last('helperUp').id;
  world.feed({ type: 'helper.up-answer', id, problem: null });
  world.feed({ type: 'helper.status', status: makeStatus('up', leaseId), handshakeAgeMs: 0 });
}

export function connected(policy = gatedPolicy): {
  world: MachineWorld;
  lease: ReturnType<typeof makeLease>;
} {
  const world = signedIn(policy);
  world.feed({ type: 'user.connect', gatewayId: GATEWAY, source: 'cli' });
  const lease = grant(world);
  handshake(world, lease.leaseId);
  expect(world.view.phase).toBe('connected');
  return { world, lease };
}

export function atGate(): MachineWorld {
  const world = signedIn();
  world.feed({ type: 'user.connect', gatewayId: GATEWAY, source: 'cli' });
  refuse(world);
  expect(world.view.phase).toBe('gate');
  return world;
}

let tickets = 100;
export const nextTicket = (): number => ++tickets;
export function proof(fingerprint: string, method: CodeMethod = 'totp'): ProofRef {
  tickets += 1;
  return { ticket: tickets, parts: [{ method, fingerprint }] };
}

export function answered(world: MachineWorld) {
  return world.last('settle').problem?.code ?? null;
}
