//! What responses are about, and how they take several Jobs together. The sums themselves are in [`super::outcome`] and `aggregate`.

use super::response::Response;

/// How a response takes several Jobs together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combined {
    /// The sum of the Jobs'.
    Sum,
    /// The largest of the Jobs'.
    Largest,
    /// It is counted over all of them.
    Together,
    /// From the first creation until the last of them got so far.
    LastOfAll,
    /// The largest of the CronJobs'.
    LargestOfCronJobs,
}

impl Response {
    /// How it takes several Jobs together.
    pub fn combined(self) -> Combined {
        use Response as R;
        match self {
            R::Duration | R::TimeToComplete | R::AllCreated | R::AllRunning => Combined::LastOfAll,
            R::FirstRunning
            | R::MostRunningInJob
            | R::LongestBackoff
            | R::Overshoot
            | R::LongestJob
            | R::LongestRoomWait => Combined::Largest,
            R::MedianDelay | R::LongestDelay | R::MostAtOnce => Combined::LargestOfCronJobs,
            R::MostRunning | R::Utilisation | R::ThrottleShare => Combined::Together,
            _ if self.is_of_nodes() => Combined::Together,
            _ => Combined::Sum,
        }
    }

    /// Whether it is about the starts of CronJobs.
    pub fn is_of_cronjobs(self) -> bool {
        (Response::DueStarts..=Response::MostAtOnce).contains(&self)
    }

    /// Whether it says nothing where it is never reached: it is then left out of texts.
    pub fn is_silent_if_never(self) -> bool {
        self.is_of_nodes() || matches!(self, Response::AllCreated | Response::AllRunning)
    }

    /// Whether it is about nodes: without them it says nothing.
    pub fn is_of_nodes(self) -> bool {
        (Response::NodeTime..=Response::NodesReclaimed).contains(&self)
    }
}
