//! Text, pages and files about runs: the lines that kubectl would print, what kubectl cannot show, the timeline and
//! JSON; the summaries of many runs; and the writers of the files that commands leave behind. Numbers come from the
//! [`crate::record::Recorder`], a saved result, an autopsy or a calibration; this room simulates nothing.

mod alike;
mod answer_lines;
mod autopsy;
mod autopsy_json;
mod autopsy_next;
mod autopsy_rows;
mod batch_prose;
mod calibration;
mod campaign;
mod change;
mod checks;
mod comparison;
mod cron;
mod distributions;
mod dump;
mod dump_containers;
mod dump_events;
mod exact;
mod experiment;
mod feasibility;
mod headline;
#[cfg(feature = "plots")]
mod html;
mod json;
mod kubectl;
mod kueue;
mod layout;
mod live_view;
mod measures;
mod models;
mod nodes;
mod output_schema;
#[cfg(feature = "parquet")]
mod parquet;
mod part_file;
mod points;
mod pull_request;
mod records;
mod run_text;
mod save;
mod shell;
mod solution;
#[cfg(feature = "plots")]
mod steps;
mod summary;
mod table;
mod timeline;
mod trace;
mod upgrade;
mod verdict;
mod waiting;
mod whole_file;

pub use crate::text::thousands;
pub use autopsy::autopsy_text;
pub use autopsy_json::autopsy_json;
pub use autopsy_next::{AutopsyForecast, ForecastEdit};
pub use calibration::{calibration_json, scenario as calibrated_scenario};
pub use campaign::{Campaign, CampaignEngine, LARGEST_CONFIG_MAP};
pub use checks::{CheckFinding, CheckLevel, CheckReport, CheckRule, CheckedInput, annotations, junit, sarif};
pub use comparison::{compared, compared_csv};
pub use cron::{cronjobs_json, starts};
pub use distributions::distributions_page;
pub use dump::cluster_dump;
pub use exact::exact_scenario;
pub use experiment::{asked_rows, estimates, experiment, goal_line, number, percent};
pub use feasibility::{feasibility_json, feasibility_text};
pub use headline::assumed_fields;
#[cfg(feature = "plots")]
pub use html::{LIVES_SCRIPT, PAGE_STYLE, add_fleet, answer, autopsy_page, lives, page as html_page, page_head};
pub use json::{answer_json, change_json, job_json, run_answer};
pub use kubectl::{get, human_duration, status_word};
pub use layout::Layout;
pub use live_view::{LiveUpdate, LiveView, PodRow};
pub use measures::{measure_names, measure_text, measures_page};
pub use models::{models, models_json};
pub use output_schema::output_schema;
pub use part_file::{Part, PartHead, load_part, save_part};
pub use points::{
    estimate, in_unit, interrupted, markdown, markdown_block, markdown_cell, markdown_text, points_csv, points_rows,
    sweep,
};
pub use pull_request::pull_request;
pub use records::{RecordForm, RecordValues, record_columns, records_csv, write_records};
pub use run_text::run_text;
pub use save::{load, save, saved};
pub use shell::{shell_line, shell_word};
pub use solution::{minimum_words, solution_words, solved};
pub use summary::summary;
pub use timeline::{line as change_line, timeline};
pub use trace::trace;
pub use upgrade::{Parting, RuleChange, RuleEffect, UpgradeReport, parting, release_line, timeline_lines, upgrade};
pub use verdict::verdict;
pub use whole_file::{followed, remove_unfinished, whole_file};
