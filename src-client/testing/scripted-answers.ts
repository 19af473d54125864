import { policySchema } from '../../src-shared/policy.ts';
import type { Reply } from './scripted-server.ts';

const isoIn = (ms: number) => new Date(Date.now() + ms).toISOString();

/** This and the next two: what a server without a gate answers to one member, as far as tests do not care. */
export const infoReply: Reply = {
  status: 200,
  body: { name: 'Team', issuer: 'https://vpn.test.example', serverKey: 'x' },
};

interface Someone {
  memberId: string;
  deviceId: string;
}

export function signedInReply({ memberId, deviceId }: Someone, sessionToken = 't'): Reply {
  return { status: 200, body: { sessionToken, memberId, deviceId, expiresAt: isoIn(86_400_000) } };
}

/** `change`: what the test does care for. */
export function meReply({ memberId, deviceId }: Someone, change: object): Reply {
  return {
    status: 200,
    body: {
      member: { id: memberId, email: 'a@b.example', name: 'A', role: 'member' },
      device: { id: deviceId, name: 'Laptop' },
      policy: policySchema.parse({}),
      connection: null,
      stepUp: { required: false, requires: [], reason: null },
      epoch: 1,
      serverTime: isoIn(0),
      ...change,
    },
  };
}
