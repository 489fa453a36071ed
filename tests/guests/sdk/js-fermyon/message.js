// Handles messages of Redis with @fermyon/spin-sdk.
import { Redis, Variables } from '@fermyon/spin-sdk';
import { message } from '../js/story.js';

export const inboundRedis = {
  handleMessage: (payload) => message({ Redis, Variables }, payload),
};
