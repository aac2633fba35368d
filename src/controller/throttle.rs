//! The token bucket of a client or a queue, as Go's `golang.org/x/time/rate` computes it: float64 tokens, whole
//! nanoseconds. It does not queue requests: each reserves its token and is told how long to wait for it.

use crate::release::RateLimit;
use crate::time::{SimDuration, SimTime};

/// A token bucket.
#[derive(Clone, Copy, Debug)]
pub struct TokenBucket {
    size: RateLimit,
    tokens: f64,
    last: SimTime,
}

impl TokenBucket {
    /// A full bucket.
    pub fn new(size: RateLimit) -> Self {
        TokenBucket { size, tokens: size.burst, last: SimTime::ZERO }
    }

    /// Fills it, like that of a new client.
    pub fn fill(&mut self) {
        *self = TokenBucket::new(self.size);
    }

    fn advance(&mut self, now: SimTime) {
        // As in Duration.Seconds: whole and fractional seconds are divided separately.
        let elapsed = (now - self.last).as_nanos().max(0);
        let seconds = (elapsed / 1_000_000_000) as f64 + (elapsed % 1_000_000_000) as f64 / 1e9;
        self.tokens = (self.tokens + seconds * self.size.qps).min(self.size.burst);
        self.last = now;
        debug_assert!(self.tokens <= self.size.burst, "a bucket of {:?} holds {} tokens", self.size, self.tokens);
    }

    /// Takes a token; returns how long to wait for it.
    #[doc(alias = "reserveN")]
    pub fn reserve(&mut self, now: SimTime) -> SimDuration {
        self.advance(now);
        self.tokens -= 1.0;
        if self.tokens >= 0.0 {
            return SimDuration::ZERO;
        }
        SimDuration::from_nanos((-self.tokens / self.size.qps * 1e9) as i64)
    }

    /// Takes a token only if there is one.
    #[doc(alias = "TryAccept")]
    pub fn try_accept(&mut self, now: SimTime) -> bool {
        self.advance(now);
        let accepted = self.tokens >= 1.0;
        self.tokens -= f64::from(u8::from(accepted));
        debug_assert!(!accepted || self.tokens >= 0.0, "only a whole token is taken: {} are left", self.tokens);
        accepted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burst_then_rate() {
        let mut bucket = TokenBucket::new(RateLimit { qps: 20.0, burst: 2.0 });
        let waits: Vec<i64> = (0..4).map(|_| bucket.reserve(SimTime::ZERO).as_nanos()).collect();
        assert_eq!(waits, [0, 0, 50_000_000, 100_000_000]);
        let later = SimTime::ZERO + SimDuration::from_secs(10);
        assert_eq!(bucket.reserve(later), SimDuration::ZERO);
    }

    #[test]
    fn accepts_only_whole_tokens() {
        let mut bucket = TokenBucket::new(RateLimit { qps: 1.0 / 300.0, burst: 1.0 });
        let at = |s| SimTime::ZERO + SimDuration::from_secs(s);
        assert!(bucket.try_accept(at(0)));
        assert!(!bucket.try_accept(at(299)));
        assert!(bucket.try_accept(at(301)));
    }

    #[test]
    fn time_brings_its_tokens_once() {
        let mut bucket = TokenBucket::new(RateLimit { qps: 1.0, burst: 1.0 });
        let later = SimTime::ZERO + SimDuration::from_secs(10);
        let waits: Vec<i64> = (0..3).map(|_| bucket.reserve(later).as_nanos() / 1_000_000_000).collect();
        assert_eq!(waits, [0, 1, 2]);
    }
}
