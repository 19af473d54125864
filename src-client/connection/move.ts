import { type Problem, problemKinds } from '../../src-shared/problem.ts';
import { askEpoch, request, type Step } from './step.ts';

/** What says something of the gateway that was asked for, and nothing of the others. */
const OF_THE_GATEWAY: ReadonlySet<string> = new Set([
  'gateway-unavailable',
  'gateway-not-found',
  'device-limit',
]);

/**
 * Goes on at another gateway when the one of this lease answers neither the server nor us, and the user has left the
 * choice to the client. Whether that takes a proof is for the server to say. A lease that has ended for such a move is
 * as good for the next one, wherever it leads; no gateway is asked twice between two waits.
 */
export function tryMove(step: Step): undefined {
  const { m } = step;
  const { lease, move } = m;
  if (lease === null || m.request !== null || !isMovable(m)) return;
  if (!move?.isEnded && (m.path !== 'dead' || !m.isGatewayAway)) return;
  const tried = move?.tried ?? [];
  const mayStay = move?.isEnded ?? false;
  const gatewayId = m.online.find((id) => !tried.includes(id) && (mayStay || id !== lease.gatewayId));
  if (gatewayId === undefined) return;
  m.move = { tried: [...tried, gatewayId], isEnded: mayStay };
  // From now on the server may end it any moment.
  m.needsEpoch = true;
  request(step, 'move', { gatewayId, moveOf: lease.leaseId });
}

function isMovable(m: Step['m']): boolean {
  return m.isAuto && m.policy?.moveWithoutCode !== false && m.unmovable !== m.lease?.leaseId;
}

/**
 * The server has another lease alive than ours, or none. True where that comes of a move whose answer was lost, as far
 * as is known here: the server is asked for it again. False: our access has ended.
 */
export function goesOn({ m }: Step): boolean {
  if (m.move === null || !isMovable(m)) return false;
  m.move = { ...m.move, isEnded: true };
  return true;
}

/** After a wait, or when the gateway has just fallen silent, every gateway may be asked again. */
export function forgetTried({ m }: Step): undefined {
  if (m.move !== null) m.move = { ...m.move, tried: [] };
}

/**
 * The lease still holds where it is, or may go on elsewhere yet, and nobody is asked for a proof before the server has
 * said that it has ended. Where the answer may be lost, the same gateway is asked again once the server is heard.
 */
export function moveRefused(step: Step, refusal: Problem, isProofAsked: boolean): undefined {
  const { m } = step;
  if (!isProofAsked && OF_THE_GATEWAY.has(refusal.code)) return tryMove(step);
  if (!isProofAsked && problemKinds[refusal.code].action === 'retry') {
    if (m.move !== null) m.move = { ...m.move, tried: m.move.tried.slice(0, -1) };
    return;
  }
  m.unmovable = m.lease?.leaseId ?? null;
  askEpoch(step);
}
