import * as z from 'zod';
import {
  HELPER_PROBLEM_CODE,
  type HelperMethod,
  type HelperStatus,
  helperParams,
  rpcRequest,
} from '../src-shared/helper-rpc.ts';
import { parseJson } from '../src-shared/parse-json.ts';
import { firstIssue, type Problem } from '../src-shared/problem.ts';

type Id = number | string;
type ParamsOf<M extends HelperMethod> = z.infer<(typeof helperParams)[M]>;

/** A call whose parameters have been checked. */
export type HelperCall = { [M in HelperMethod]: { method: M; params: ParamsOf<M> } }[HelperMethod];

export type DecodedLine = { ok: true; id: Id; call: HelperCall } | { ok: false; answer: string };

/** JSON-RPC 2.0 §5.1. */
const PARSE_ERROR = -32_700;
const INVALID_REQUEST = -32_600;
const METHOD_NOT_FOUND = -32_601;
const INVALID_PARAMS = -32_602;
export const INTERNAL_ERROR = -32_603;

/** One line from a client: a call, or the JSON-RPC error to answer with. Never throws. */
export function decodeLine(line: string): DecodedLine {
  const json = parseJson(line);
  if (json === undefined) return refuse(null, PARSE_ERROR, 'Not JSON');
  const request = requestLine.safeParse(json);
  if (!request.success) return refuse(idOf(json), INVALID_REQUEST, firstIssue(request.error));
  const { id, method, params = {} } = request.data;
  if (!isMethod(method)) return refuse(id, METHOD_NOT_FOUND, 'No such method');
  const call = callSchema.safeParse({ method, params });
  return call.success
    ? { ok: true, id, call: call.data }
    : refuse(id, INVALID_PARAMS, firstIssue(call.error));
}

/** `params` may be left out (JSON-RPC 2.0 §4). */
const requestLine = rpcRequest.extend({ params: z.unknown().optional() });

const callSchema = z.discriminatedUnion('method', [
  z.object({ method: z.literal('up'), params: helperParams.up }),
  z.object({ method: z.literal('down'), params: helperParams.down }),
  z.object({ method: z.literal('guard'), params: helperParams.guard }),
  z.object({ method: z.literal('stricter'), params: helperParams.stricter }),
  z.object({ method: z.literal('portal'), params: helperParams.portal }),
  z.object({ method: z.literal('release'), params: helperParams.release }),
  z.object({ method: z.literal('refresh'), params: helperParams.refresh }),
  z.object({ method: z.literal('overlap'), params: helperParams.overlap }),
  z.object({ method: z.literal('epoch'), params: helperParams.epoch }),
  z.object({ method: z.literal('lease-key'), params: helperParams['lease-key'] }),
  z.object({ method: z.literal('status'), params: helperParams.status }),
]);

function isMethod(method: string): method is HelperMethod {
  return Object.hasOwn(helperParams, method);
}

const withId = z.object({ id: z.union([z.number(), z.string()]) });

function idOf(value: unknown): Id | null {
  const parsed = withId.safeParse(value);
  return parsed.success ? parsed.data.id : null;
}

function refuse(id: Id | null, code: number, message: string): DecodedLine {
  return { ok: false, answer: errorLine(id, code, message) };
}

export function resultLine(id: Id, result: unknown): string {
  return `${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`;
}

export function errorLine(id: Id | null, code: number, message: string): string {
  return `${JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } })}\n`;
}

export function problemLine(id: Id | null, data: Problem): string {
  const error = { code: HELPER_PROBLEM_CODE, message: data.title, data };
  return `${JSON.stringify({ jsonrpc: '2.0', id, error })}\n`;
}

export function changedLine(status: HelperStatus): string {
  return `${JSON.stringify({ jsonrpc: '2.0', method: 'changed', params: status })}\n`;
}
