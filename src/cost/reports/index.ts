/** @module Reports on spending: the cost report, exports, savings, forecasts, and cheaper models that did as well. */

export { bootstrap, type Choice, type CoinMix, findCoin, findHull, mixAtCost } from './baselines.ts';
export { type AnsweredRequest, compareBaselines } from './compare-baselines.ts';
export { type ChoiceOutcome, type ChoiceSample, type Coin, measureChoice, tossCoin } from './compare-choices.ts';
export { buildCostReport, type SpendSummary } from './cost-report.ts';
export { estimateSavings } from './estimate-savings.ts';

export { forecastCosts } from './forecast-costs.ts';
export { type MixPart, TYPICAL_MIX, TYPICAL_MIX_SOURCE } from './typical-mix.ts';
