import { loosenedRules } from '../../../src-shared/panel/loosened-rules.ts';
import { isGated, type Policy, ruleValues } from '../../../src-shared/policy.ts';
import type { TeamChange } from '../../mail/mail-content.ts';

/**
 * What a change of the policy loosens, as owners are told of it; null for nothing. `exempted`: how many devices need
 * not hold traffic back any more, which loosens only what was held back before.
 */
export function looseningBetween(
  before: Policy,
  after: Policy,
  exempted: number,
): Extract<TeamChange, { what: 'policy' }> | null {
  const [from, to] = [ruleValues(before), ruleValues(after)];
  const rules = loosenedRules(before, after).map((rule) => ({
    rule,
    from: String(from[rule]),
    to: String(to[rule]),
  }));
  const freed = before.trafficWhileWaiting === 'off' ? 0 : exempted;
  if (rules.length === 0 && freed === 0) return null;
  return { what: 'policy', rules, exempted: freed, isUngated: isGated(before) && !isGated(after) };
}
