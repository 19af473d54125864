import { describe } from 'vitest';
import { leakMatrix } from './leak-matrix.ts';

describe('what leaves the laptop with trafficWhileWaiting=gate', () => leakMatrix('gate'));
