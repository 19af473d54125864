import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import {
  createdAnswer,
  editMemberBody,
  messageAnswer,
  newMemberBody,
} from '../../../src-shared/integration-api.ts';
import { fail, ok, problemSchema, type Result } from '../../../src-shared/problem.ts';
import { endingAccess } from '../../access/enforcement/ending-access.ts';
import type { Enforcement } from '../../access/enforcement/enforcement.ts';
import type { RecordedEnd } from '../../access/enforcement/record-end.ts';
import type { GuardSource } from '../../access/guard/guard.ts';
import type { ServerContext } from '../../context.ts';
import type { Tx } from '../../db/database.ts';
import type { MemberRow } from '../../db/schema.ts';
import { sendProblem } from '../../http/problem-reply.ts';
import { type By, editMember, removeMember } from '../../people/members/member-changes.ts';
import { addMember, passwordMistake, setBlocked, setPasswordFor } from '../../people/members/member-store.ts';
import { presentMember } from '../../people/members/owner-rules.ts';
import { hashNewPassword } from '../../people/password/password-store.ts';
import type { ApiTokenUse } from './api-token.ts';
import { tokenOf } from './integration-guard.ts';

const params = z.object({ teamMemberId: z.string().max(100).toLowerCase() });

/** `POST /api/v1/member`, `PUT|DELETE /api/v1/member/{teamMemberId}`, scope `members:write`. */
export function registerMemberWriteRoutes(
  plain: FastifyInstance,
  ctx: ServerContext,
  { enforcement, guards }: { enforcement: Enforcement; guards: GuardSource },
): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const config = { scope: 'members:write' } as const;
  const byOf = (token: ApiTokenUse, ip: string): By => ({
    actor: `api-token:${token.tokenId}`,
    ip,
    now: ctx.now(),
  });
  app.post(
    '/api/v1/member',
    {
      config,
      schema: {
        summary:
          'Add a member, who chooses another password and sets up the authenticator app at the first sign-in',
        tags: ['integration'],
        body: newMemberBody,
        response: { 200: createdAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const token = tokenOf(request);
      const { actor, ip } = byOf(token, request.ip);
      const { name, email, username, password } = request.body;
      const may = await ctx.database.db.transaction().execute((tx) => token.recordChange(tx));
      if (!may.ok) return sendProblem(reply, may.problem);
      const person = {
        name,
        email: email ?? username ?? '',
        password,
        role: 'member',
        withTotp: false,
        isTemporary: true,
      } as const;
      // Hashing takes its time.
      const mayStill = (tx: Tx) => token.isAlive(tx);
      const added = await addMember(ctx, person, actor, ip, { mayStill });
      if (!added.ok) return sendProblem(reply, added.problem);
      return reply.send({ created_id: added.value.id, message: 'Member created successfully' });
    },
  );
  app.put(
    '/api/v1/member/:teamMemberId',
    {
      config,
      schema: {
        summary:
          'Change a member; a new password, which is temporary, or a block ends sessions and connections',
        tags: ['integration'],
        params,
        body: editMemberBody,
        response: { 200: messageAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const token = tokenOf(request);
      const by = byOf(token, request.ip);
      const memberId = request.params.teamMemberId;
      const { is_blocked: isBlocked, password, ...change } = request.body;
      // Slow by design, so not inside the transaction.
      const passwordHash = password === undefined ? null : await hashNewPassword(ctx, password);
      const changed = await endingAccess(ctx, enforcement, async (tx): Promise<Result<RecordedEnd>> => {
        const may = await token.recordChange(tx);
        if (!may.ok) return may;
        const found = await plainMember(tx, memberId);
        if (!found.ok) return found;
        const weak = password === undefined ? null : await passwordMistake(ctx, password, found.value);
        if (weak) return fail('invalid-request', weak);
        const edited = await editMember(tx, ctx, found.value, change, by);
        if (!edited.ok) return edited;
        const ends: RecordedEnd[] = [];
        if (passwordHash !== null)
          ends.push(await setPasswordFor(tx, ctx, { memberId, passwordHash, ...by }));
        if (isBlocked !== undefined && isBlocked !== (found.value.is_blocked === 1))
          ends.push(await setBlocked(tx, { memberId, isBlocked, ...by }));
        return ok({
          ended: ends.flatMap(({ ended }) => ended),
          frames: ends.flatMap(({ frames }) => frames),
        });
      });
      return changed.ok
        ? reply.send({ message: `Member with id ${memberId} has been modified.` })
        : sendProblem(reply, changed.problem);
    },
  );
  app.delete(
    '/api/v1/member/:teamMemberId',
    {
      config,
      schema: {
        summary: 'Remove a member for good: signed out, disconnected, gone',
        tags: ['integration'],
        params,
        response: { 200: messageAnswer, default: problemSchema },
      },
    },
    async (request, reply) => {
      const token = tokenOf(request);
      const by = byOf(token, request.ip);
      const memberId = request.params.teamMemberId;
      const removed = await endingAccess(ctx, enforcement, async (tx): Promise<Result<RecordedEnd>> => {
        const may = await token.recordChange(tx);
        if (!may.ok) return may;
        const found = await plainMember(tx, memberId);
        return found.ok ? ok(await removeMember(tx, found.value, by, guards)) : found;
      });
      return removed.ok
        ? reply.send({ message: `User with id ${memberId} has been removed.` })
        : sendProblem(reply, removed.problem);
    },
  );
}

/** A token changes members only: with an owner's password in its hands it would own the team. */
async function plainMember(tx: Tx, memberId: string): Promise<Result<MemberRow>> {
  const found = await presentMember(tx, memberId);
  if (!found.ok || found.value.role === 'member') return found;
  return fail('insufficient-role', 'An API token cannot change owners and administrators.');
}
