import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Agent } from 'undici';
import * as z from 'zod';
import type { ManagedProcess } from '../lab/stack/processes.ts';
import { freshSteps } from '../lab/totp-steps.ts';
import { totpAt, totpStep } from '../src-server/proof/mfa/totp.ts';
import { mfaRequiredExtra, signInAnswer } from '../src-shared/client-api.ts';
import type { StackFile } from '../src-shared/stack-file.ts';
import type { Samples } from './stats.ts';

/** As many connections as that are needed. */
export const SIGN_INS_AT_ONCE = 4;

/** Whole sign-ins (password, argon2id with the parameters in force, then the code) of every member once. */
export async function signInsPerSecond(stack: StackFile, api: Agent, samples: Samples): Promise<void> {
  const post = async (path: string, body: object): Promise<unknown> => {
    const response = await api.request({
      origin: stack.serverUrl,
      path: `/client/v1/${path}`,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return response.body.json();
  };
  const spki = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
  const device = {
    name: 'bench',
    platform: 'linux',
    publicKey: spki.export({ type: 'spki', format: 'der' }).toString('base64url'),
  };
  const left = [...stack.members];
  // No step may end while they sign in: waiting for one is not what is measured.
  await freshSteps(stack.members[0]?.totpSecret ?? '');
  const start = performance.now();
  const worker = async (): Promise<void> => {
    for (let member = left.pop(); member; member = left.pop()) {
      const { email, password, totpSecret } = member;
      const { mfaToken } = mfaRequiredExtra.parse(await post('sign-in', { email, password, device }));
      const code = totpAt(totpSecret, totpStep(Date.now()));
      signInAnswer.parse(await post('sign-in/mfa', { mfaToken, method: 'totp', code }));
    }
  };
  await Promise.all(Array.from({ length: SIGN_INS_AT_ONCE }, worker));
  const seconds = (performance.now() - start) / 1000;
  samples.add(
    'server',
    `sign-ins per second, ${SIGN_INS_AT_ONCE} at a time`,
    stack.members.length / seconds,
    '1/s',
  );
}

/** Resident memory of a running process (`VmRSS`, proc(5)). */
export function residentMemory(process: ManagedProcess, samples: Samples): void {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${process.pid}/status`, 'utf8'))?.[1];
  if (kib) samples.add(process.name, 'memory at idle', Number(kib) / 1024, 'MiB');
}

const logLine = z.looseObject({ time: z.iso.datetime(), msg: z.string() });
const CLOCK_TICKS_PER_SECOND = 100;

/** From the start of a running process (`starttime`, proc(5), in steps of 10 ms) until its log says `ready`. */
export function startTime(process: ManagedProcess, ready: RegExp, samples: Samples): void {
  const readyAt = readFileSync(process.logFile, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => logLine.parse(JSON.parse(line)))
    .find(({ msg }) => ready.test(msg))?.time;
  if (readyAt === undefined) throw new Error(`${process.logFile} has no line with ${ready}`);
  // The program's name may hold spaces; field 22 is the 20th after its closing parenthesis.
  const fields = readFileSync(`/proc/${process.pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  const startedSeconds = Number(fields[19]) / CLOCK_TICKS_PER_SECOND;
  const uptimeSeconds = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  const startedAt = Date.now() - (uptimeSeconds - startedSeconds) * 1000;
  samples.add(process.name, 'start of the process -> ready', Date.parse(readyAt) - startedAt);
}
