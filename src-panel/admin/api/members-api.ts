import type * as z from 'zod';
import {
  type editMemberRequest,
  type keepTokensRequest,
  type MemberAnswer,
  type MemberSummary,
  type MfaReset,
  memberAnswer,
  type memberStatus,
  membersAnswer,
  mfaResetAnswer,
  mfaResetsAnswer,
  newMemberAnswer,
  type newMemberRequest,
  panelDisconnectAnswer,
  type panelDisconnectRequest,
  temporaryPasswordAnswer,
} from '../../../src-shared/panel/members.ts';
import { ok, type Result } from '../../../src-shared/problem.ts';
import { call, nothing, segment } from '../../api/call.ts';
import type { PageOf } from '../../store/use-pages.ts';

export type MemberStatus = z.infer<typeof memberStatus>;
export type Member = MemberAnswer['member'];
export type DisconnectResult = z.infer<typeof panelDisconnectAnswer>;
export type NewMember = z.infer<typeof newMemberAnswer>;

export interface MembersPage extends PageOf<MemberSummary> {
  total: number;
}

const of = (memberId: string, action = '') => `members/${segment(memberId)}${action && `/${action}`}`;

export async function loadMembers(
  filter: { search: string; status: string; role: string },
  cursor?: string,
  signal?: AbortSignal,
): Promise<Result<MembersPage>> {
  const query = {
    search: filter.search || undefined,
    status: filter.status || undefined,
    role: filter.role || undefined,
    cursor,
  };
  const answer = await call({
    method: 'GET',
    path: 'members',
    query,
    answer: membersAnswer,
    ...(signal ? { signal } : {}),
  });
  if (!answer.ok) return answer;
  const { members: items, nextCursor, total } = answer.value;
  return ok({ items, nextCursor, total });
}

export async function loadMember(
  memberId: string,
  options: { isBackground?: boolean; signal?: AbortSignal },
): Promise<Result<Member>> {
  return memberOf(await call({ method: 'GET', path: of(memberId), answer: memberAnswer, ...options }));
}

export function addMember(body: z.input<typeof newMemberRequest>): Promise<Result<NewMember>> {
  return call({ method: 'POST', path: 'members', body, answer: newMemberAnswer });
}

export async function editMember(
  memberId: string,
  body: z.input<typeof editMemberRequest>,
): Promise<Result<Member>> {
  return memberOf(await call({ method: 'PUT', path: of(memberId), body, answer: memberAnswer }));
}

/** Changes that need no words: the answer is the member as it is now. */
export async function changeMember(
  memberId: string,
  action: 'block' | 'unblock' | 'enable-factor',
  body: z.input<typeof keepTokensRequest> = {},
): Promise<Result<Member>> {
  return memberOf(await call({ method: 'POST', path: of(memberId, action), body, answer: memberAnswer }));
}

export function givePassword(memberId: string): Promise<Result<{ temporaryPassword: string }>> {
  const path = of(memberId, 'temporary-password');
  return call({ method: 'POST', path, body: {}, answer: temporaryPasswordAnswer });
}

export function disconnectMember(
  memberId: string,
  body: z.input<typeof panelDisconnectRequest>,
): Promise<Result<DisconnectResult>> {
  return call({ method: 'POST', path: of(memberId, 'disconnect'), body, answer: panelDisconnectAnswer });
}

export function removeMember(
  memberId: string,
  { keepApiTokens }: { keepApiTokens: boolean },
): Promise<Result<undefined>> {
  const query = { keepApiTokens: keepApiTokens ? 'true' : undefined };
  return call({ method: 'DELETE', path: of(memberId), query, answer: nothing });
}

export async function requestReset(memberId: string): Promise<Result<MfaReset>> {
  const answer = await call({
    method: 'POST',
    path: of(memberId, 'mfa-reset'),
    body: {},
    answer: mfaResetAnswer,
  });
  return answer.ok ? ok(answer.value.reset) : answer;
}

export async function loadResets(cursor?: string, signal?: AbortSignal): Promise<Result<PageOf<MfaReset>>> {
  const answer = await call({
    method: 'GET',
    path: 'mfa-resets',
    query: { cursor },
    answer: mfaResetsAnswer,
    ...(signal ? { signal } : {}),
  });
  if (!answer.ok) return answer;
  const { resets: items, nextCursor } = answer.value;
  return ok({ items, nextCursor });
}

export function withdrawReset(resetId: string): Promise<Result<undefined>> {
  return call({ method: 'DELETE', path: `mfa-resets/${segment(resetId)}`, answer: nothing });
}

function memberOf(answer: Result<MemberAnswer>): Result<Member> {
  return answer.ok ? ok(answer.value.member) : answer;
}

const MAX_PAGES = 20;

/** The pending reset of one member, looked for page by page; null: it ended meanwhile, or lies very far back. */
export async function findReset(
  memberId: string,
  signal?: AbortSignal,
): Promise<Result<{ reset: MfaReset | null }>> {
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await loadResets(cursor, signal);
    if (!answer.ok) return answer;
    const reset = answer.value.items.find((each) => each.memberId === memberId);
    if (reset || answer.value.nextCursor === null) return ok({ reset: reset ?? null });
    cursor = answer.value.nextCursor;
  }
  return ok({ reset: null });
}
