//! The terminal's slot: `gate-field`'s own visit brings what is needed into the spool, and `gate-trust`'s own keeper puts in force what is
//! good of it.
//! Promises: the gate goes on meanwhile, as beside the program `gate-trust`; nothing of a stick is believed here; its report is
//! shown word for word.
//! Must not know: pages.

mod folder;
#[cfg(test)]
mod tests;

use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;

use anyhow::{Context, Result, ensure};
use gate_carry::{Held, Spool};
use gate_core::manifest::Dataset;
use gate_core::screen::{Percent, UpdateRefused, UpdateStep};
use gate_core::visit::FILE_NAME;
use gate_field::bring::Bring;
use gate_field::copying::Copied;
use gate_field::verdict::Verdict;
use gate_field::visit::{Board, Carrier};
use gate_trust::report::Report;
use gate_trust::{Directories, Look, Now, run};
use gate_wire::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::stage::{Depot, Owner, Stage, terminal_number};

pub(super) use folder::Folder;

const DAY_S: u64 = 86_400;
/// What the province publishes is good for this long.
const FRESH_S: u64 = 7 * DAY_S;
/// A stick that lay in a drawer: published so long before the story begins, and good for a day.
const DRAWER_S: u64 = 40 * 3_600;
/// Bytes that the spool holds at most.
const SPOOL_MOST: u64 = 256 << 20;

/// A stick that lies ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sample {
    /// Today's data.
    New,
    /// Data whose time is over.
    Stale,
    /// Data that somebody else signed.
    Foreign,
}

/// What is seen of the slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct SlotView {
    /// Which stick.
    pub(super) stick: &'static str,
    /// How far it is.
    pub(super) state: State,
    /// Files that were needed and came.
    pub(super) copied: u32,
    /// Files on it.
    pub(super) files: usize,
    /// What did not come, and the keeper's report, line by line.
    pub(super) report: Vec<String>,
}

/// How far a visit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// What is needed comes into the spool.
    Copying,
    /// The keeper works.
    Checking,
    /// Everything that was brought is in force.
    Taken,
    /// Something did not come or was refused; what was good is in force, the rest as before.
    Refused,
    /// The keeper could not work.
    Failed,
}

enum News {
    Copied(Copied),
    Report(Box<Report>),
    Failed(String),
}

/// The slot, and the desk's repositories once the first stick came.
#[derive(Default)]
pub(super) struct Slot {
    depots: Option<[Depot; 2]>,
    news: Option<Receiver<News>>,
    view: Option<SlotView>,
}

impl Slot {
    /// What is seen of it; `None` before the first stick.
    pub(super) fn view(&self) -> Option<SlotView> {
        self.view.clone()
    }

    /// A stick of the province's, or of somebody else's, is put in.
    ///
    /// # Errors
    /// If one is in already, or the desk refuses.
    pub(super) fn take_sample(&mut self, stage: &mut Stage, sample: Sample, now: Now) -> Result<()> {
        self.admit()?;
        let stick = tempfile::tempdir().context("making a stick")?;
        let [province, stranger] = self.depots(stage)?;
        let time = stage.time();
        let (depot, name) = match sample {
            Sample::New => {
                stage.renew_list()?;
                province.bring_out(stage, time, FRESH_S)?;
                (province, "new")
            }
            Sample::Stale => {
                let then = crate::stage::beginning().minus(DRAWER_S);
                let old = Depot::new(Owner::Province, then)?;
                old.bring_out(stage, then, DAY_S)?;
                old.copy_to(stick.path())?;
                return self.put_in(stage, "stale", (Folder::of(&stick)?, now));
            }
            Sample::Foreign => {
                stranger.bring_out(stage, time, FRESH_S)?;
                (stranger, "foreign")
            }
        };
        depot.copy_to(stick.path())?;
        self.put_in(stage, name, (Folder::of(&stick)?, now))
    }

    /// Somebody's own folder is put in.
    ///
    /// # Errors
    /// If a stick is in already, or nothing that was published is in it.
    pub(super) fn take_folder(&mut self, stage: &mut Stage, folder: Folder, now: Now) -> Result<()> {
        self.admit()?;
        self.depots(stage)?;
        self.put_in(stage, "brought", (folder, now))
    }

    /// Takes notice of how far the visit is.
    pub(super) fn turn(&mut self, stage: &mut Stage) {
        let (Some(news), Some(view)) = (&self.news, &mut self.view) else { return };
        let mut over = false;
        while !over {
            let one = match news.try_recv() {
                Ok(one) => one,
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => News::Failed("the visit broke off".into()),
            };
            match one {
                News::Copied(copied) => {
                    (view.state, view.copied) = (State::Checking, copied.files);
                    view.report =
                        copied.missing.iter().map(|what| format!("未带入 not brought: {what}")).collect();
                }
                News::Report(report) => {
                    let all = view.report.is_empty() && !report.has_refusals();
                    view.state = if all { State::Taken } else { State::Refused };
                    view.report.extend(report.in_words().lines().map(str::to_owned));
                    note_list(stage, &report);
                    over = true;
                }
                News::Failed(why) => {
                    (view.state, view.report, over) = (State::Failed, vec![why], true);
                }
            }
        }
        self.news = None;
    }

    fn admit(&self) -> Result<()> {
        ensure!(self.news.is_none(), "a stick is in the slot: wait until its data are checked");
        Ok(())
    }

    /// The repositories; at the first time the terminal gets the province's roots, as its image brings them.
    fn depots(&mut self, stage: &Stage) -> Result<&mut [Depot; 2]> {
        if self.depots.is_none() {
            let now = crate::stage::beginning();
            let province = Depot::new(Owner::Province, now)?;
            province.seed(&stage.keeper().state)?;
            self.depots = Some([province, Depot::new(Owner::Stranger, now)?]);
        }
        self.depots.as_mut().context("they were just made")
    }

    fn put_in(&mut self, stage: &Stage, stick: &'static str, (folder, now): (Folder, Now)) -> Result<()> {
        let to = stage.keeper();
        let (tell, news) = channel();
        self.view = Some(SlotView {
            stick,
            state: State::Copying,
            copied: 0,
            files: folder.len(),
            report: Vec::new(),
        });
        self.news = Some(news);
        let keeper = thread::Builder::new().name("keeper".into());
        keeper.spawn(move || {
            let end = visit(&folder, &to, now, &tell);
            // Whoever asked may be gone: a new place was chosen meanwhile.
            let _ = tell.send(end.map_or_else(|why| News::Failed(format!("{why:#}")), News::Report));
        })?;
        Ok(())
    }
}

/// What `gate-field visit` does at a terminal, whose screen looks at the board.
fn visit(folder: &Folder, to: &Directories, now: Now, tell: &Sender<News>) -> Result<Box<Report>> {
    let stick = tempfile::tempdir().context("mounting the stick")?;
    folder.copy_to(stick.path())?;
    let spool = Spool::open(&to.spool, SPOOL_MOST)?;
    let said = to.state.join("report.json");
    let held = Held::read(&said);
    let mut board = Board::at(Some(&to.spool.with_file_name(FILE_NAME)), Carrier::Stick);
    let terminal = terminal_number();
    let copied = Bring { stick: stick.path(), spool: &spool, held: &held, terminal }.run(&mut board);
    let _ = tell.send(News::Copied(copied));
    board.data(UpdateStep::Checking(Percent::of(0, 1)));
    let report = run(to, now, Look::Whole).map(Box::new);
    // A keeper that could not work is told as well: nobody is to wait before "checking".
    let why = match &report {
        Ok(_) => Verdict::read(&said).why,
        Err(_) => Some(UpdateRefused::NotChecked),
    };
    board.data(why.map_or(UpdateStep::InForce, UpdateStep::Refused));
    Ok(report?)
}

fn note_list(stage: &mut Stage, report: &Report) {
    let in_force = report.line(Dataset::StatusList.name()).and_then(|line| line.in_force);
    if let Some(as_of) = in_force.and_then(|it| Timestamp::from_unix(it.issued)) {
        stage.holds_list_of(as_of);
    }
}
