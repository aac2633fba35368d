//! Whether a measure can mean anything for a setup. A measure that cannot is refused, as its estimate would be a number
//! all the same: of a CronJob, `P(complete within 4h)` would always be 0.

use super::goal::{GoalEvent, Measure, Measured};
use super::goal_text::GoalError;
use super::response::Response;
use super::setup::Setup;

impl Measure {
    /// Refuses a measure of the end of a CronJob, which has none, and of the starts of CronJobs where there are none.
    ///
    /// # Errors
    /// Why it means nothing, and what to ask instead.
    pub fn check(&self, setup: &Setup) -> Result<(), GoalError> {
        let has_cronjobs = setup.cronjobs.iter().any(|cronjob| self.series.is_none_or(|own| own == cronjob.series));
        let events = self.given.iter().chain(match &self.what {
            Measured::Probability(event) => Some(event),
            Measured::Statistic(..) => None,
        });
        let mut responses: Vec<Response> = Vec::new();
        for event in events {
            match event {
                GoalEvent::Within { span, .. } if has_cronjobs => {
                    return Err(never_ends(&format!("P(longestJob <= {span})")));
                }
                GoalEvent::Compares(response, ..) => responses.push(*response),
                _ => {}
            }
        }
        if let Measured::Statistic(_, response) = self.what {
            responses.push(response);
        }
        for response in responses {
            match response {
                Response::Duration | Response::TimeToComplete if has_cronjobs => {
                    return Err(never_ends("p95(longestJob)"));
                }
                response if response.is_of_cronjobs() && !has_cronjobs => {
                    let name = response.name();
                    let message = format!("{name} is about the starts of CronJobs, and there is no CronJob here");
                    return Err(GoalError { message, suggestion: None });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn never_ends(instead: &str) -> GoalError {
    let message = format!(
        "a CronJob goes on creating Jobs, so there is no time to its end: ask about its Jobs, such as `{instead}` (the \
         longest time of one Job) together with `max(jobsUnfinished)` (Jobs that have not ended)"
    );
    GoalError { message, suggestion: None }
}

impl Response {
    /// Whether it is about the starts of CronJobs.
    fn is_of_cronjobs(self) -> bool {
        (Response::DueStarts..=Response::MostAtOnce).contains(&self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_responses_about_cronjobs_stand_together() {
        let names: Vec<&str> = Response::ALL.iter().filter(|r| r.is_of_cronjobs()).map(|r| r.name()).collect();
        assert_eq!((names.len(), names[0], names[names.len() - 1]), (16, "dueStarts", "mostAtOnce"));
    }
}
