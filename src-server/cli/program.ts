import { Command } from 'commander';
import { addAuditCommands } from './audit-commands.ts';
import { addDatabaseCommands } from './database-commands.ts';
import { addGatewayCommands } from './gateway-commands.ts';
import { addInitCommand } from './init-command.ts';
import { addMemberCommands } from './member-commands.ts';
import { addPolicyCommands } from './policy-commands.ts';
import { addServerKeyCommand } from './server-key-command.ts';
import { addStartCommand } from './start-command.ts';
import { addTokenCommands } from './token-commands.ts';
import { addMailCommands } from './mail-commands.ts';
import { addMemberAccessCommands } from './member-access-commands.ts';
import { addMemberAccountCommands } from './member-account-commands.ts';

/** `postern-server` with all of its commands. A command that refuses says why on standard error and sets the exit code. */
export function serverProgram(): Command {
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
  addDatabaseCommands(program);
  return program;
}
  addDoctorCommand(program);
  addMailCommands(program);
