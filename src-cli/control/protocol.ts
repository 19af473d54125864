import * as z from 'zod';
import { backupCode, totpCode } from '../../src-shared/otp-code.ts';
import { problemSchema } from '../../src-shared/problem.ts';
import { viewSchema } from '../view.ts';

/** Control socket of a running `connect`: JSON lines between two processes of the same user. */
export const CONTROL_MAX_LINE_BYTES = 256 * 1024;

export const controlRequest = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('status') }),
  /** Answers with the view, then sends one `view` line for every change. */
  z.strictObject({ method: z.literal('watch') }),
  z.strictObject({ method: z.literal('disconnect') }),
  z.strictObject({ method: z.literal('sign-out') }),
  z.strictObject({ method: z.literal('renew') }),
  z.strictObject({
    method: z.literal('proof'),
    proof: z.discriminatedUnion('method', [
      z.strictObject({ method: z.literal('totp'), code: totpCode }),
      z.strictObject({ method: z.literal('backup-code'), code: backupCode }),
    ]),
  }),
]);
export type ControlRequest = z.infer<typeof controlRequest>;

export const controlLine = z.discriminatedUnion('type', [
  /** First line after connecting. */
  z.object({ type: z.literal('hello'), pid: z.number().int(), version: z.literal(1) }),
  z.object({ type: z.literal('answer'), ok: z.literal(true), view: viewSchema }),
  z.object({ type: z.literal('refused'), problem: problemSchema }),
  z.object({ type: z.literal('view'), view: viewSchema }),
]);
export type ControlLine = z.infer<typeof controlLine>;
