#!/usr/bin/env node
import { gatewayProgram, sayFault } from './program.ts';

gatewayProgram().parseAsync().catch(sayFault);
