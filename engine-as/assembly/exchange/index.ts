// The exchange: rows of batches become frames, one open frame per channel.
export { exchangeFree, exchangeNew } from "./exchange";
export {
  exchangeFlush,
  exchangeOutBytes,
  exchangeOutChannel,
  exchangeOutPtr,
  exchangeOutRows,
  exchangeStart,
  exchangeStartWhole,
  exchangeStep,
} from "./push";
