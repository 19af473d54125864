import { userInfo } from 'node:os';
import type { Enforcement } from '../access/enforcement/enforcement.ts';
import { RecordingEnder } from '../access/enforcement/recording-ender.ts';
import type { GuardSource } from '../access/guard/guard.ts';
import { ControlAddresses } from '../access/lease/control-addresses.ts';
import type { ServerContext } from '../context.ts';
import { isServerRunning } from '../db/database-lock.ts';
import type { TeamActor } from '../people/members/owner-notices.ts';
import { CLI_ACTOR, type CommonOptions, withServerFiles } from './run-command.ts';

/** What an administrator's commands work with, beside the running server. */
export interface AdminDesk {
  ctx: ServerContext;
  enforcement: Enforcement;
  isServerRunning(): boolean;
  /** To sign what devices hold back. Asks DNS where the server's addresses come from there. */
  guards(): Promise<GuardSource>;
}

export function withAdminDesk(
  options: CommonOptions,
  work: (desk: AdminDesk) => Promise<void>,
): Promise<void> {
  return withServerFiles(options, (ctx) => {
    const isRunning = () => isServerRunning(ctx.config.databaseFile);
    return work({
      ctx,
      enforcement: new RecordingEnder(ctx, isRunning),
      isServerRunning: isRunning,
      async guards() {
        const control = new ControlAddresses(ctx);
        await control.start();
        control.stop();
        return { keys: ctx.keys, control };
      },
    });
  });
}

/** What has become of connections that a command ended. */
export function endWords(
  ended: number,
  enforced: boolean,
  { isServerRunning: isRunning }: AdminDesk,
): string {
  if (ended === 0) return 'Nothing was connected.';
  const what = ended === 1 ? 'One connection ended' : `${ended} connections ended`;
  if (enforced) return `${what}; every gateway has confirmed it.`;
  return isRunning()
    ? `${what}. A gateway has not confirmed it yet, and is told until it does.`
    : `${what} in the record. No server runs here: gateways hear of it when it starts, and let nobody through once they have missed it for failClosedAfterSeconds.`;
}

/** Who is at the keyboard, for mails and the audit log. */
export function personAtServer(): TeamActor {
  const name = process.env.SUDO_USER || userInfo().username;
  return { actor: CLI_ACTOR, ip: null, by: `${name} at the server's command line` };
}
