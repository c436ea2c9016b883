/** @module Bytes sent to providers over connections that are kept; apart from the other providers, so that only who sends loads undici. */
export { Upstream, type UpstreamHandler, type UpstreamRequest } from './upstream.ts';
