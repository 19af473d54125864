import type { RawData } from 'ws';
import * as z from 'zod';
import { type ServerFrame, serverFrame } from '../../src-shared/client-channel.ts';
import { parseJson } from '../../src-shared/parse-json.ts';
import { firstIssue } from '../../src-shared/problem.ts';

export type ReadFrame =
  | { kind: 'frame'; frame: ServerFrame }
  /** From a newer server. With `seq` it is a stored one and would be replayed until it is acknowledged. */
  | { kind: 'unknown'; type: string; seq: number | null }
  | { kind: 'bad'; why: string };

const envelope = z.looseObject({ type: z.string(), seq: z.number().int().min(0).optional() });
const knownTypes: ReadonlySet<string> = new Set(serverFrame.options.map((option) => option.shape.type.value));

/** Parses one message of the channel. Binary, over `maxBytes`, not JSON or a wrong shape is `bad`. */
export function readFrame(data: RawData, isBinary: boolean, maxBytes: number): ReadFrame {
  if (isBinary) return { kind: 'bad', why: 'binary' };
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as ArrayBuffer);
  if (bytes.length > maxBytes) return { kind: 'bad', why: `over ${maxBytes} bytes` };
  const value = parseJson(bytes.toString('utf8'));
  if (value === undefined) return { kind: 'bad', why: 'not JSON' };
  const outer = envelope.safeParse(value);
  if (!outer.success) return { kind: 'bad', why: firstIssue(outer.error) };
  const { type, seq } = outer.data;
  if (!knownTypes.has(type)) return { kind: 'unknown', type: type.slice(0, 40), seq: seq ?? null };
  const parsed = serverFrame.safeParse(value);
  if (parsed.success) return { kind: 'frame', frame: parsed.data };
  return { kind: 'bad', why: `${type}: ${firstIssue(parsed.error)}` };
}
