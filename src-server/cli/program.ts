import { Command } from 'commander';
import { versionText } from '../../src-node/version.ts';
import { addAuditCommands } from './audit-commands.ts';
import { addAuditExportCommand } from './audit-export-command.ts';
import { addBreakGlassCommand } from './break-glass-command.ts';
import { addDatabaseCommands } from './database-commands.ts';
import { addDeviceCommands } from './device-commands.ts';
import { addDoctorCommand } from './doctor-command.ts';
import { addGatewayCommands } from './gateway-commands.ts';
import { addGatewayEndCommands } from './gateway-end-commands.ts';
import { addInitCommand } from './init-command.ts';
import { addMailCommands } from './mail-commands.ts';
import { addMemberAccessCommands } from './member-access-commands.ts';
import { addMemberAccountCommands } from './member-account-commands.ts';
import { addMemberCommands } from './member-commands.ts';
import { addMemberShowCommand } from './member-show-command.ts';
import { addPolicyCommands } from './policy-commands.ts';
import { addServerKeyCommand } from './server-key-command.ts';
import { addSessionCommands } from './session-commands.ts';
import { addStartCommand } from './start-command.ts';
import { addTokenCommands } from './token-commands.ts';

/** `postern-server` with all of its commands. A command that refuses says why on standard error and sets the exit code. */
export function serverProgram(): Command {
  const program = new Command('postern-server')
    .version(versionText())
    .description('Postern control server: decides who may connect')
    .addHelpText('after', '\nExit codes: 0 done, 1 refused or failed, 2 the configuration has mistakes.');
  addInitCommand(program);
  addStartCommand(program);
  addServerKeyCommand(program);
  addMemberCommands(program);
  addMemberShowCommand(program);
  addMemberAccountCommands(program);
  addMemberAccessCommands(program);
  addBreakGlassCommand(program);
  addDeviceCommands(program);
  addSessionCommands(program);
  addGatewayCommands(program);
  addGatewayEndCommands(program);
  addTokenCommands(program);
  addPolicyCommands(program);
  addAuditCommands(program);
  addAuditExportCommand(program);
  addDatabaseCommands(program);
  addDoctorCommand(program);
  addMailCommands(program);
  return program;
}
