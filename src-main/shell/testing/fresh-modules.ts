import { vi } from 'vitest';

// Runs before every file of these tests: they share a process, and each has modules and an Electron of its own.
vi.resetModules();
