import { type Problem, problemKinds } from '../../src-shared/problem.ts';
import { request, type Step } from './step.ts';

/**
 * Goes on at another gateway when the one of this lease answers neither the server nor us, and the user has left the
 * choice to the client. Whether that takes a proof is for the server to say.
 */
export function tryMove(step: Step): undefined {
  const { m } = step;
  const { lease } = m;
  if (!m.isAuto || lease === null || m.path !== 'dead' || !m.isGatewayAway || m.request !== null) return;
  if (m.policy?.moveWithoutCode === false || m.unmovable === lease.leaseId) return;
  const gatewayId = m.online.find((id) => id !== lease.gatewayId);
  if (gatewayId !== undefined) request(step, 'move', { gatewayId, moveOf: lease.leaseId });
}

/** The lease still holds where it is, and nobody is asked for a proof who has not chosen to go elsewhere. */
export function moveRefused({ m }: Step, refusal: Problem, isProofAsked: boolean): undefined {
  if (isProofAsked || problemKinds[refusal.code].action !== 'retry') m.unmovable = m.lease?.leaseId ?? null;
}
