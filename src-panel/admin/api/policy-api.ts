import type * as z from 'zod';
import {
  exemptionsAnswer,
  type PolicyAnswer,
  type PolicyInput,
  type PolicyPreview,
  policyAnswer,
  policyPreview,
} from '../../../src-shared/panel/policy.ts';
import type { Result } from '../../../src-shared/problem.ts';
import { call, segment } from '../../api/call.ts';

export function loadPolicy(signal?: AbortSignal): Promise<Result<PolicyAnswer>> {
  return call({ method: 'GET', path: 'policy', answer: policyAnswer, ...(signal ? { signal } : {}) });
}

/** What saving this would do now; nothing is saved. */
export function previewPolicy(policy: PolicyInput, signal?: AbortSignal): Promise<Result<PolicyPreview>> {
  return call({
    method: 'POST',
    path: 'policy/preview',
    body: { policy },
    answer: policyPreview,
    ...(signal ? { signal } : {}),
  });
}

/**
 * Refused with `policy-changed` when somebody has saved since `version`, with `guard-unsupported` while devices in use
 * cannot hold traffic back and are not in `exemptDevices`.
 */
export function savePolicy(
  policy: PolicyInput,
  version: number,
  exemptDevices: readonly string[],
): Promise<Result<PolicyAnswer>> {
  const body = { policy, version, ...(exemptDevices.length > 0 ? { exemptDevices } : {}) };
  return call({ method: 'PUT', path: 'policy', body, answer: policyAnswer });
}

type Exemptions = z.infer<typeof exemptionsAnswer>;

export function loadExemptions(signal?: AbortSignal): Promise<Result<Exemptions>> {
  return call({
    method: 'GET',
    path: 'policy/exemptions',
    answer: exemptionsAnswer,
    ...(signal ? { signal } : {}),
  });
}

/** Answers with those that are left. */
export function withdrawExemption(deviceId: string): Promise<Result<Exemptions>> {
  return call({
    method: 'DELETE',
    path: `policy/exemptions/${segment(deviceId)}`,
    answer: exemptionsAnswer,
  });
}
