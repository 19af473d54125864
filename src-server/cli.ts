#!/usr/bin/env node
import { sayFault } from './cli/fault.ts';
import { serverProgram } from './cli/program.ts';

// Database, write-ahead log and keys are nobody else's business.
process.umask(0o077);

serverProgram().parseAsync().catch(sayFault);
