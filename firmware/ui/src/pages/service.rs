//! New data from a stick or a laptop; out of service.
//! Promises: whoever stands there with a stick reads whether it may be pulled out; whoever wants to pass reads where to.
//! Must not know: how an update works.

use gate_core::screen::{Carrier, OutOfService, Serving, UpdateStep, Updating};

use super::bars::Sheet;
use super::notice::Notice;
use super::pen::Pen;
use crate::frame::Frame;
use crate::icon::{Icon, IconSize};
use crate::layout::{Block, Side};
use crate::manner::{Role, View};
use crate::palette::Tone;
use crate::words::{self, Text};

pub(super) fn updating(updating: Updating, serving: Serving, view: View) -> Frame {
    let (heading, percent) = match (updating.step, updating.carrier) {
        (UpdateStep::Copying(percent), Carrier::Stick) => (words::UPDATE_COPYING_STICK, Some(percent)),
        (UpdateStep::Copying(percent), Carrier::Laptop) => (words::UPDATE_COPYING_LAPTOP, Some(percent)),
        (UpdateStep::Checking(percent), _) => (words::UPDATE_CHECKING, Some(percent)),
        (UpdateStep::InForce, _) => (words::UPDATE_IN_FORCE, None),
        (UpdateStep::Refused(_), _) => (words::UPDATE_REFUSED, None),
    };
    let tone = match updating.step {
        UpdateStep::Copying(_) | UpdateStep::Checking(_) => Tone::Slate,
        UpdateStep::InForce => Tone::Green,
        UpdateStep::Refused(_) => Tone::Plum,
    };
    let mut sheet = Sheet::new(view, tone);
    sheet.top_texts([words::PROMPT_STAFF_BUSY, invitation(serving)], Role::Small);
    sheet.page(|pen| {
        let icon = if updating.carrier == Carrier::Stick { Icon::Stick } else { Icon::Tools };
        let mut groups = head(heading, icon, pen);
        groups.extend(percent.map(|percent| bar(percent.value(), pen)));
        if let UpdateStep::Refused(why) = updating.step {
            groups.push(pen.both(words::update_refused(why), (Role::Medium, Role::Small), Side::Middle));
            // Where nobody is served, nothing goes on as before: the bar shows the way.
            if serving != Serving::Staff {
                groups.push(pen.both(words::UPDATE_STILL_WORKS, (Role::Small, Role::Small), Side::Middle));
            }
        }
        groups.push(may_pull(updating.step, pen));
        groups
    })
}

/// What people are invited to while staff is busy: never to what cannot end in a verdict (DOMAIN §2).
pub(super) fn invitation(serving: Serving) -> Text {
    match serving {
        Serving::Both => words::LABEL_LANE_SERVES,
        Serving::Code => words::LABEL_LANE_SERVES_CODE,
        Serving::Card => words::LABEL_LANE_SERVES_CARD,
        Serving::Staff => words::HEADING_ASSIST,
    }
}

fn head(heading: Text, icon: Icon, pen: Pen) -> Vec<Block> {
    let [lead, _] = pen.view.manner.language.order(heading);
    let sign = |size: IconSize| Block::Sign { icon, size, ink: pen.strong() };
    vec![pen.heading(lead, Role::Large, sign), pen.follow(heading, Role::Small, 1)]
}

pub(super) fn bar(percent: u8, pen: Pen) -> Block {
    let height = pen.view.margin();
    let share = pen.words(&format!("{percent}%"), Role::Medium, 1);
    let widest = pen.words("100%", Role::Medium, 1).size().width;
    let gap = pen.view.margin() / 2;
    let width = pen.width.saturating_sub(widest + gap);
    let bar = Block::Progress { percent, width, height, ink: pen.strong() };
    let missing = widest.saturating_sub(share.size().width);
    Block::row(0, vec![bar, pen.room(gap, 0), share, pen.room(missing, 0)])
}

/// Whether the carrier may go: what the person with the stick looks for.
pub(super) fn may_pull(step: UpdateStep, pen: Pen) -> Block {
    let text = match step {
        UpdateStep::Copying(_) | UpdateStep::Checking(_) => words::UPDATE_DO_NOT_PULL,
        UpdateStep::InForce | UpdateStep::Refused(_) => words::UPDATE_MAY_PULL,
    };
    pull(text, pen)
}

pub(super) fn pull(text: Text, pen: Pen) -> Block {
    pen.both(text, (Role::Large, Role::Small), Side::Middle)
}

/// Nobody is served: the human path is the first that is read (DOMAIN §2).
pub(super) fn out(why: OutOfService, view: View) -> Frame {
    let (heading, role) = (words::HEADING_ASSIST, Role::Heading);
    let (help, ways) = ([words::out_of_service(why)], [(Icon::Closed, words::SERVICE_OUT)]);
    let notice = Notice { icon: Icon::Assist, toward: None, heading, role, help: &help, ways: &ways };
    Sheet::new(view, Tone::Blue).page(|pen| notice.groups(pen))
}
