import path from 'node:path';
import type { Addressing } from './addressing.ts';
import { choosePort } from './control-server.ts';
import { checkout } from './folders.ts';
import { type ProcessKeeper, waitFor } from './processes.ts';

const HOST = '127.0.0.1';
/** Each stack looks from a place of its own, so that two that start at once do not take the same port. */
const FIRST_PORT = 8600;
const PORTS_EACH = 10;

export interface MailSink {
  smtp: { host: string; port: number };
  /** The page that shows the mails. */
  url: string;
}

/** Starts the mail server of the stack and resolves when it takes mails. */
export async function startMailSink(
  keeper: ProcessKeeper,
  plan: Addressing,
  signal: AbortSignal,
): Promise<MailSink> {
  const first = FIRST_PORT + plan.number * PORTS_EACH;
  const half = PORTS_EACH / 2;
  const smtpPort = await choosePort(HOST, first, first + half - 1);
  const pagePort = await choosePort(HOST, first + half, first + PORTS_EACH - 1);
  const script = path.join(checkout, 'lab/stack/mail-sink.ts');
  const command = [process.execPath, script, String(smtpPort), String(pagePort)];
  const sink = keeper.start({ name: 'mail', command });
  const url = `http://${HOST}:${pagePort}`;
  await waitFor({ what: 'the mail server answered', timeoutMs: 15_000, needs: [sink], signal }, async () => {
    try {
      return (await fetch(`${url}/mails.json`, { signal })).ok;
    } catch (error) {
      signal.throwIfAborted();
      // Nobody listens yet.
      if (error instanceof TypeError) return false;
      throw error;
    }
  });
  return { smtp: { host: HOST, port: smtpPort }, url };
}
