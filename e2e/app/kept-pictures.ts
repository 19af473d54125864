import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkout } from '../../lab/stack/folders.ts';
import { type Camera, openCamera } from '../../scripts/screens/camera.ts';
import { themes } from '../../scripts/screens/shots.ts';

type Shot = Parameters<Camera['take']>[0];

export const folder = path.join(checkout, 'docs/screens');
/** Seven squares of the 1,440 of the app's window: a moved button or another colour is more. */
export const TOLERANCE = 0.005;
export const kept = (name: string) => readFileSync(path.join(folder, `${name}.png`));

/** A camera for the tests of this file. */
export function withCamera(): () => Camera {
  let camera: Camera;
  beforeAll(async () => {
    camera = await openCamera();
  });
  afterAll(() => camera[Symbol.asyncDispose]());
  return () => camera;
}

/** A test for each. */
export function looksAsKept(shots: readonly Shot[], camera: () => Camera): void {
  describe('the screens look as in docs/screens (new ones on purpose: npm run screens)', () => {
    test.each(shots)('$name', async (shot) => {
      const taken = await camera().take(shot);
      for (const theme of themes) {
        const { share, first } = await camera().compare(kept(`${shot.name}-${theme}`), taken[theme]);
        expect(share, `${theme} differs first at ${JSON.stringify(first)}`).toBeLessThanOrEqual(TOLERANCE);
      }
    });
  });
}
