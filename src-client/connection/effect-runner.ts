import { assertNever } from '../../src-shared/assert-never.ts';
import type { Notice } from '../snapshot/snapshot.ts';
import type { ConnectionTimers } from './connection-timers.ts';
import type { HelperCalls } from './helper-calls.ts';
import type { Effect } from './machine-types.ts';
import type { ServerCalls } from './server-calls.ts';
import type { UserCalls } from './user-calls.ts';

export interface EffectParts {
  server: ServerCalls;
  helper: HelperCalls;
  timers: ConnectionTimers;
  user: UserCalls;
  onNotice: (kind: Notice['kind'], text: string) => void;
  onForgetSession: () => void;
}

/** Does what the machine asks for. What takes time feeds its answer back; nothing is waited for here. */
export function runEffect(effect: Effect, parts: EffectParts): void {
  const { server, helper, timers, user } = parts;
  switch (effect.type) {
    case 'requestConnection':
      void server.requestConnection(effect);
      return;
    case 'abandonProof':
      server.abandonProof(effect.id);
      return;
    case 'helperUp':
      void helper.up(effect.id, effect.leaseId);
      return;
    case 'helperDown':
      void helper.down(effect.id);
      return;
    case 'repeatDown':
      timers.repeatDown(effect.id);
      return;
    case 'refreshTunnel':
      void helper.refresh(effect.id);
      return;
    case 'watchPath':
      timers.watchPath(effect.id, effect.delayMs);
      return;
    case 'deleteConnection':
      server.deleteConnection(effect.leaseId);
      return;
    case 'askEpoch':
      void server.askEpoch(effect.id);
      return;
    case 'scheduleRetry':
      timers.scheduleRetry(effect.id, effect.attempt);
      return;
    case 'cancelRetry':
      timers.cancelRetry();
      return;
    case 'watchHandshake':
      timers.watchHandshake(effect.id, effect.delayMs);
      return;
    case 'watchExpiry':
      timers.watchExpiry(effect.leaseId, effect.expiresAt);
      return;
    case 'settle':
      user.settle(effect.ticket, effect.problem);
      return;
    case 'notify':
      parts.onNotice(effect.kind, effect.text);
      return;
    case 'channelStatus':
      server.sendStatus(effect.phase, effect.leaseId);
      return;
    case 'restartChannel':
      server.restart();
      return;
    case 'warmServer':
      server.warm();
      return;
    case 'forgetSession':
      helper.forgetAll();
      timers.forgetExpiry();
      parts.onForgetSession();
      return;
    default:
      assertNever(effect);
  }
}
