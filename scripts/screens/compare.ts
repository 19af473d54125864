import type { Page } from '@playwright/test';

/**
 * The share of 20-pixel squares whose mean colour differs plainly, 0 to 1, and where the first one is. Squares forgive
 * how another version smooths a letter, not a colour or a place that changed.
 */
export interface Difference {
  share: number;
  first: { x: number; y: number } | null;
}

/** Two PNGs; of different sizes, everything differs. `page` is any: it computes. */
export async function compare(page: Page, kept: Buffer, taken: Buffer): Promise<Difference> {
  return page.evaluate(
    async ([first = '', second = '']) => {
      const SQUARE = 20;
      const PLAIN = 14;
      const pixels = async (base64: string): Promise<ImageData> => {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
        const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
        if (!canvas) throw new Error('no canvas');
        canvas.drawImage(image, 0, 0);
        return canvas.getImageData(0, 0, image.width, image.height);
      };
      const [a, b] = await Promise.all([pixels(first), pixels(second)]);
      if (a.width !== b.width || a.height !== b.height) return { share: 1, first: { x: 0, y: 0 } };
      const mean = (image: ImageData, left: number, top: number, channel: number): number => {
        let sum = 0;
        let count = 0;
        for (let y = top; y < Math.min(top + SQUARE, image.height); y++)
          for (let x = left; x < Math.min(left + SQUARE, image.width); x++) {
            sum += image.data[(y * image.width + x) * 4 + channel] ?? 0;
            count += 1;
          }
        return sum / count;
      };
      let all = 0;
      const differing: { x: number; y: number }[] = [];
      for (let y = 0; y < a.height; y += SQUARE)
        for (let x = 0; x < a.width; x += SQUARE) {
          all += 1;
          if ([0, 1, 2].some((channel) => Math.abs(mean(a, x, y, channel) - mean(b, x, y, channel)) > PLAIN))
            differing.push({ x, y });
        }
      return { share: differing.length / all, first: differing[0] ?? null };
    },
    [kept.toString('base64'), taken.toString('base64')],
  );
}
