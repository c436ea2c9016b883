/** @module Reports on spending: the cost report, exports, savings, forecasts, and cheaper models that did as well. */

export { buildCostReport, type SpendSummary } from './cost-report.ts';
export { estimateSavings } from './estimate-savings.ts';

export { forecastCosts } from './forecast-costs.ts';
