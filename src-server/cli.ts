#!/usr/bin/env node
import { Command } from 'commander';
import { addAuditCommands } from './cli/audit-commands.ts';
import { addGatewayCommands } from './cli/gateway-commands.ts';
import { addInitCommand } from './cli/init-command.ts';
import { addMemberCommands } from './cli/member-commands.ts';
import { addPolicyCommands } from './cli/policy-commands.ts';
import { EXIT_FAILED, say } from './cli/run-command.ts';
import { addServerKeyCommand } from './cli/server-key-command.ts';
import { addStartCommand } from './cli/start-command.ts';
import { addTokenCommands } from './cli/token-commands.ts';

// Database, write-ahead log and keys are nobody else's business.
process.umask(0o077);

const program = new Command('postern-server')
  .description('Postern control server: decides who may connect')
  .addHelpText('after', '\nExit codes: 0 done, 1 refused or failed, 2 the configuration has mistakes.');
addInitCommand(program);
addStartCommand(program);
addServerKeyCommand(program);
addMemberCommands(program);
addGatewayCommands(program);
addTokenCommands(program);
addPolicyCommands(program);
addAuditCommands(program);

program.parseAsync().catch((error: unknown) => {
  // Ctrl-C at a question.
  const isCancelled = error instanceof Error && error.name === 'ExitPromptError';
  const why = error instanceof Error ? error.message : String(error);
  say(isCancelled ? 'Cancelled.' : `postern-server: ${why}`);
  process.exitCode = EXIT_FAILED;
});
