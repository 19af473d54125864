import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import { disconnectAnswer } from '../../src-shared/integration-api.ts';
import type { StackFile } from '../../src-shared/stack-file.ts';
import { StackError } from './stack-error.ts';

export interface EndSession {
  memberId: string;
  reason: string;
  incidentId: string;
}

/** What a SIEM calls: `POST /api/v1/member/{id}/disconnect`. Resolves with status, answer and time in milliseconds. */
export async function endSession(stack: StackFile, order: EndSession) {
  const agent = new Agent({ connect: { ca: readFileSync(stack.caFile, 'utf8') } });
  const begin = performance.now();
  try {
    const answer = await request(`${stack.serverUrl}/api/v1/member/${order.memberId}/disconnect`, {
      method: 'POST',
      dispatcher: agent,
      headers: { authorization: `Bearer ${stack.apiToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ reason: order.reason, incident_id: order.incidentId }),
    });
    const text = await answer.body.text();
    const tookMs = performance.now() - begin;
    if (answer.statusCode !== 200 && answer.statusCode !== 202)
      throw new StackError(`the server answered ${answer.statusCode}: ${text}`);
    return { status: answer.statusCode, answer: disconnectAnswer.parse(JSON.parse(text)), tookMs };
  } finally {
    await agent.close();
  }
}

/** The same call as a line for a terminal. */
export function endSessionAsCurl(stack: StackFile, { memberId, reason, incidentId }: EndSession): string {
  const body = JSON.stringify({ reason, incident_id: incidentId });
  const url = `${stack.serverUrl}/api/v1/member/${memberId}/disconnect`;
  const headers = `-H 'authorization: Bearer ${stack.apiToken}' -H 'content-type: application/json'`;
  return `curl --cacert ${stack.caFile} -X POST ${headers} -d '${body}' ${url}`;
}
