import path from 'node:path';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** By the ending of the name; undefined for what no built page holds. */
export const contentType = (name: string): string | undefined => types[path.extname(name)];
