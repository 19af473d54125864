#!/usr/bin/env node
import { endWithFault, helperProgram } from './program.ts';

helperProgram().parseAsync().catch(endWithFault);
