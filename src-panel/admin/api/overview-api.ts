import type * as z from 'zod';
import {
  type OverviewAnswer,
  overviewAnswer,
  type overviewRange,
} from '../../../src-shared/panel/overview.ts';
import type { Result } from '../../../src-shared/problem.ts';
import { call } from '../../api/call.ts';

export type OverviewRange = z.infer<typeof overviewRange>;

export function loadOverview(
  range: OverviewRange,
  options: { isBackground?: boolean; signal?: AbortSignal },
): Promise<Result<OverviewAnswer>> {
  return call({ method: 'GET', path: 'overview', query: { range }, answer: overviewAnswer, ...options });
}
