import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';
import type * as Axe from 'axe-core';

declare global {
  interface Window {
    axe?: typeof Axe;
  }
}

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export interface AxeRules {
  /** These alone. */
  only?: readonly string[];
  /** All but these. */
  without?: readonly string[];
}

/** In another theme only colours are others. By name: the tag has rules of AAA too, which are off by default. */
export const colourRules: AxeRules = { only: ['color-contrast', 'link-in-text-block'] };

/**
 * What axe finds on the page as it is, each as `rule: where`. The page keeps axe until it is left: sent for every look,
 * as axe's own builder does, it costs more than the look itself.
 */
export async function axeViolations(page: Page, { only, without = [] }: AxeRules = {}): Promise<string[]> {
  if (!(await page.evaluate(() => window.axe !== undefined))) await page.evaluate(source);
  const options: Axe.RunOptions = {
    resultTypes: ['violations'],
    ...(only ? { runOnly: { type: 'rule', values: [...only] } } : {}),
    rules: Object.fromEntries(without.map((rule) => [rule, { enabled: false }])),
  };
  return page.evaluate(async (chosen) => {
    if (!window.axe) throw new Error('the page was left before axe looked at it');
    const { violations } = await window.axe.run(document, chosen);
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, html }) => `${id}: ${target.join(' ')}: ${html}`),
    );
  }, options);
}
