//! A scenario's surroundings as a stage's setting, its staff, and its keys as the panel's.
//! Promises: what is left out is an ordinary day at the station.
//! Must not know: what happens there.

use anyhow::Result;
use gate_core::attendant::Key as PanelKey;
use gate_core::manifest::Dataset;
use gate_signing::demo::DemoProvince;
use gate_status::Scope as ListScope;
use gate_wire::credential::Colour;

use crate::script::{Checks, Clock, Key, Lane, Member, Missing, Place, Scope, Surroundings, Who};
use crate::stage::{RtcAtStart, Setting};
use crate::wardrobe;

const DAY_S: u64 = 86_400;

/// The setting of a stage in these surroundings.
///
/// # Errors
/// Never, for the people of the demo.
pub(crate) fn setting(world: &Surroundings, province: &DemoProvince) -> Result<Setting> {
    let mut setting = Setting {
        place: if world.place == Place::Station { 1 } else { 2 },
        lane: if world.lane == Lane::In { 1 } else { 9 },
        scope: match world.scope {
            Scope::Population => ListScope::Population,
            Scope::Exceptions => ListScope::Exceptions,
        },
        rtc: match world.clock {
            Clock::Healthy => RtcAtStart::Healthy,
            Clock::HealthyDayAhead => RtcAtStart::HealthyAhead(DAY_S),
            Clock::Dead => RtcAtStart::Dead,
            Clock::SuspectDayAhead => RtcAtStart::SuspectAhead(DAY_S),
            Clock::SuspectDayBack => RtcAtStart::SuspectBack(DAY_S),
        },
        ..Setting::default()
    };
    if let Some(age) = world.list_age {
        setting.list_age_s = age.length();
    }
    for (people, colour) in
        [(&world.green, Colour::Green), (&world.yellow, Colour::Yellow), (&world.red, Colour::Red)]
    {
        for who in people {
            setting.listed.push((subjects(*who, province)?, colour));
        }
    }
    for missing in &world.without {
        setting.without.extend(datasets(*missing));
    }
    if world.checks == Checks::OffAtLowRisk {
        let policy = &mut setting.inputs.policy_station;
        *policy = policy.replacen("\"unchecked_at\": []", "\"unchecked_at\": [\"low\"]", 1);
    }
    Ok(setting)
}

fn subjects(who: Who, province: &DemoProvince) -> Result<Vec<gate_proof::subject::Subject>> {
    let documents = wardrobe::documents(who)?;
    documents.iter().map(|document| Ok(province.subject(document)?)).collect()
}

fn datasets(missing: Missing) -> Vec<Dataset> {
    match missing {
        Missing::List => vec![Dataset::StatusList],
        Missing::KeySet => vec![Dataset::KeySet],
        Missing::StaffList => vec![Dataset::StaffList],
        Missing::Policy => vec![Dataset::PolicyStation, Dataset::PolicyHospital],
    }
}

/// Puts every member of staff on the staff list, one of them retired.
///
/// # Errors
/// If the desk refuses one.
pub(crate) fn hire(province: &mut DemoProvince) -> Result<()> {
    for member in Member::ALL {
        let document = wardrobe::staff(member)?;
        province.add_staff(&document, wardrobe::role(member), member.pin().as_bytes())?;
    }
    Ok(province.province_mut().retire_staff(&wardrobe::staff(Member::Retired)?)?)
}

/// A scenario's key as the panel's.
pub(crate) fn panel_key(key: Key) -> PanelKey {
    match key {
        Key::Accept => PanelKey::Accept,
        Key::Companion => PanelKey::Companion,
        Key::Emergency => PanelKey::Emergency,
        Key::Document => PanelKey::Document,
        Key::Temperature => PanelKey::Temperature,
        Key::Clock => PanelKey::Clock,
        Key::Ok => PanelKey::Ok,
        Key::Back => PanelKey::Back,
        Key::SayAgain => PanelKey::SayAgain,
        Key::Logout => PanelKey::Logout,
        Key::One => PanelKey::Digit(1),
        Key::Two => PanelKey::Digit(2),
        Key::Three => PanelKey::Digit(3),
        Key::Four => PanelKey::Digit(4),
        Key::Five => PanelKey::Digit(5),
        Key::Six => PanelKey::Digit(6),
    }
}
