/** @module What the gateway counts and measures, as Prometheus reads it. */
export { GatewayMetrics, type MetricsReading } from './gateway-metrics.ts';
