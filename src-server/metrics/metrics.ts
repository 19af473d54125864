import { collectDefaultMetrics, Gauge, Histogram, type Metric, Registry } from 'prom-client';
import packageJson from '../../package.json' with { type: 'json' };

/** The server's numbers, those of Node (memory, lag of the event loop, …) among them; other parts add their own to `registry`. */
export interface Metrics {
  registry: Registry;
  /** Seconds by `method`, `route` (pattern, never the URL) and `status`. */
  httpSeconds: Histogram<'method' | 'route' | 'status'>;
}

let ofNode: Metric[] | null = null;

/** Made once a process: each time they would start a timer and an observer of their own, which never end. */
function nodeMetrics(): Metric[] {
  if (ofNode) return ofNode;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  ofNode = registry.getMetricsAsArray().flatMap(({ name }) => registry.getSingleMetric(name) ?? []);
  return ofNode;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  for (const metric of nodeMetrics()) registry.registerMetric(metric);
  new Gauge({
    name: 'postern_build_info',
    help: 'Which version runs, on which Node; always 1',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version: packageJson.version, node: process.versions.node }, 1);
  return {
    registry,
    httpSeconds: new Histogram({
      name: 'postern_http_request_seconds',
      help: 'Time to answer a request',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers: [registry],
    }),
  };
}
