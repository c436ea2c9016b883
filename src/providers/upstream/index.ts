/** @module Bytes sent to providers over connections that are kept; apart from the other providers, loaded by who sends. */
export { preloadUpstream, Upstream, type UpstreamHandler, type UpstreamRequest } from './upstream.ts';
