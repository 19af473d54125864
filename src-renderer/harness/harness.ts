import type { AppSnapshot } from '../../src-shared/app-snapshot.ts';
import { scenarios } from './scenarios.ts';
import { ScriptedBridge } from './scripted-bridge.ts';
import { unlockScenarios } from './unlock-scenarios.ts';

/**
 * The page behind a scripted bridge, for tests and pictures: `?scenario=<name>&theme=dark&language=de`. Built only in
 * mode `harness`; the page that ships never imports this folder.
 */
declare global {
  interface Window {
    harness: ScriptedBridge;
  }
}

const query = new URLSearchParams(window.location.search);
const name = query.get('scenario') ?? 'disconnected';
const scenario = scenarios[name] ?? unlockScenarios[name];
if (scenario === undefined) throw new Error('no such scenario');
const start = scenario();
const settings: AppSnapshot['settings'] = {
  ...start.settings,
  theme: query.get('theme') === 'dark' ? 'dark' : 'light',
  language: query.get('language') === 'de' ? 'de' : 'en',
};
const bridge = new ScriptedBridge({ ...start, settings });
Object.defineProperty(window, 'postern', { value: bridge.bridge });
window.harness = bridge;
await import('../main.tsx');
