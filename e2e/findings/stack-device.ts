import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import type { FreshCodes } from '../../lab/totp-steps.ts';
import { mfaRequiredExtra, type SignInAnswer, signInAnswer } from '../../src-shared/client-api.ts';
import type { FaultLab, Member } from '../faults/fault-lab.ts';
import { newDeviceSecrets, type Wire, type WireAnswer, WireDevice } from './wire-device.ts';

/** One request to the server of a real stack, without any client in between. */
export async function call(
  lab: FaultLab,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  options: { token?: string; body?: object } = {},
): Promise<WireAnswer> {
  const { token, body } = options;
  const agent = new Agent({ connect: { ca: readFileSync(lab.file.caFile, 'utf8') } });
  try {
    const response = await request(`${lab.file.serverUrl}${path}`, {
      method,
      dispatcher: agent,
      headers: {
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.body.text();
    return { status: response.statusCode, body: text === '' ? null : JSON.parse(text) };
  } finally {
    await agent.close();
  }
}

/** A device on a real stack whose secrets are all in hand, signed in with the code of the step before. */
export async function stackDevice(lab: FaultLab, member: Member, codes: FreshCodes): Promise<WireDevice> {
  const secrets = newDeviceSecrets();
  const { email, password } = member;
  const device = { name: 'raw', platform: 'linux', publicKey: secrets.publicKey };
  const first = await call(lab, 'POST', '/client/v1/sign-in', { body: { email, password, device } });
  const { mfaToken } = mfaRequiredExtra.parse(first.body);
  const body = { mfaToken, method: 'totp', code: codes.previous };
  const second = await call(lab, 'POST', '/client/v1/sign-in/mfa', { body });
  const session: SignInAnswer = signInAnswer.parse(second.body);
  const wire: Wire = {
    issuer: lab.file.serverUrl,
    gatewayId: lab.gatewayId,
    now: Date.now,
    request: (method, path, payload) =>
      call(lab, methodOf(method), path, {
        token: session.sessionToken,
        ...(payload ? { body: payload } : {}),
      }),
    codeAt: (step) => (step < 0 ? codes.previous : step === 0 ? codes.current : codes.next),
    nextStep: () => undefined,
  };
  return new WireDevice(wire, { member: { ...member, backupCodes: [] }, session, secrets });
}

function methodOf(method: string): 'GET' | 'POST' | 'PUT' | 'DELETE' {
  if (method === 'GET' || method === 'POST' || method === 'PUT' || method === 'DELETE') return method;
  throw new Error(`no such method: ${method}`);
}
