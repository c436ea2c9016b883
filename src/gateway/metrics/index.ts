/** @module What the gateway counts and measures, as Prometheus reads it. */
export { GatewayMetrics, type GaugeValues } from '../admin/gateway-metrics.ts';
