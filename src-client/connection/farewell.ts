import type { Logger } from 'pino';
import { createBackoff, sleep } from '../../src-node/backoff.ts';
import { problemKinds, type Result } from '../../src-shared/problem.ts';

const TRIES = 6;
const FINISH_LIMIT_MS = 2_000;

interface Server {
  deleteConnection(leaseId: string): Promise<Result<void>>;
}

/**
 * Gives leases back. The tunnel is down already, so this is for the record: it is tried again while the server cannot
 * be reached, and what stays undone ends at the gateway by itself.
 */
export function endLeases({ random, log }: { random: () => number; log: Logger }): {
  add(server: Server, leaseId: string): void;
  /** Waits for what is under way, at most 2 s, then lets go. */
  finish(): Promise<void>;
} {
  const underWay = new Set<Promise<void>>();
  const stopped = new AbortController();

  async function end(server: Server, leaseId: string): Promise<void> {
    const backoff = createBackoff({ random });
    for (let attempt = 0; attempt < TRIES && !stopped.signal.aborted; attempt++) {
      const answer = await server.deleteConnection(leaseId);
      if (answer.ok) return;
      log.info({ leaseId, code: answer.problem.code }, 'lease not given back yet');
      if (problemKinds[answer.problem.code].action !== 'retry') return;
      await sleep(backoff.nextDelayMs(), stopped.signal);
    }
  }

  return {
    add(server, leaseId) {
      const ended: Promise<void> = end(server, leaseId).finally(() => underWay.delete(ended));
      underWay.add(ended);
    },
    async finish() {
      await Promise.race([Promise.all(underWay), sleep(FINISH_LIMIT_MS, stopped.signal)]);
      stopped.abort();
    },
  };
}
