import * as z from 'zod';

// The page's policy forbids eval, and a parser that only tries it is reported as a violation.
z.config({ jitless: true });
