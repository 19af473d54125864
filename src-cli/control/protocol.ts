import * as z from 'zod';
import { deviceSummary } from '../../src-shared/client-api.ts';
import { overlapSide } from '../../src-shared/helper-rpc.ts';
import { id } from '../../src-shared/primitives.ts';
import { problemSchema } from '../../src-shared/problem.ts';
import { levelAnswer, PIN_MAX_LENGTH, proofAnswer } from '../../src-shared/unlock.ts';
import { viewSchema } from '../view/view-schema.ts';

/** Control socket of a running `connect`: JSON lines between two processes of the same user. */
export const CONTROL_MAX_LINE_BYTES = 256 * 1024;

const pin = z.string().min(1).max(PIN_MAX_LENGTH);

export const controlRequest = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('status') }),
  /** Answers with the view, then sends one `view` line for every change. */
  z.strictObject({ method: z.literal('watch') }),
  z.strictObject({ method: z.literal('disconnect') }),
  z.strictObject({ method: z.literal('sign-out') }),
  z.strictObject({ method: z.literal('renew') }),
  /** Whose the networks are that are both the team's and the network's here. */
  z.strictObject({ method: z.literal('overlap'), side: overlapSide }),
  z.strictObject({ method: z.literal('proof'), answers: z.array(proofAnswer).min(1).max(2) }),
  /** Takes back the system's question. */
  z.strictObject({ method: z.literal('cancel-prompt') }),
  /** What `pin`, `biometrics` and `devices` ask of the core that holds the profile. */
  z.strictObject({
    method: z.literal('device'),
    call: z.discriminatedUnion('call', [
      z.strictObject({ call: z.literal('set-pin'), pin, proof: levelAnswer }),
      z.strictObject({ call: z.literal('remove-pin') }),
      z.strictObject({ call: z.literal('turn-on-biometrics'), proof: levelAnswer }),
      z.strictObject({ call: z.literal('turn-off-biometrics') }),
      z.strictObject({ call: z.literal('check'), answer: proofAnswer }),
      z.strictObject({ call: z.literal('refresh') }),
      z.strictObject({ call: z.literal('list') }),
      z.strictObject({ call: z.literal('remove'), deviceId: id }),
    ]),
  }),
]);
export type ControlRequest = z.infer<typeof controlRequest>;
export type DeviceCall = Extract<ControlRequest, { method: 'device' }>['call'];

export const controlLine = z.discriminatedUnion('type', [
  /** First line after connecting. */
  z.object({ type: z.literal('hello'), pid: z.number().int(), version: z.literal(1) }),
  z.object({
    type: z.literal('answer'),
    ok: z.literal(true),
    view: viewSchema,
    /** Of the call `list`. */
    devices: z.array(deviceSummary).optional(),
  }),
  z.object({ type: z.literal('refused'), problem: problemSchema }),
  z.object({ type: z.literal('view'), view: viewSchema }),
]);
export type ControlLine = z.infer<typeof controlLine>;
