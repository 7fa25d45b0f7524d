//! Signed data beside key set, policy and staff list: places and lanes, risk levels.
//! Promises: read whole or not at all, with fixed capacity.
//! Must not know: files, signatures, versions in force (`gate-trust` and the manifest).

use heapless::{String, Vec};
use serde::Deserialize;

use crate::json::{self, JsonError};
use crate::keyset::Region;
use crate::verdict::{Direction, PlaceKind, RiskLevel};

/// Why one of these documents is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BelievedError {
    /// The document cannot be read.
    #[error("cannot be read")]
    Json(#[from] JsonError),
    /// A field is not valid; `entry` counts from 0.
    #[error("entry {entry}: {what} is not valid")]
    OutOfRange {
        /// Which entry.
        entry: usize,
        /// Which field.
        what: &'static str,
    },
}

/// One place with its lanes.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its number, province-wide.
    pub number: u32,
    /// Its name for the idle screen.
    pub name: String<48>,
    /// Its kind.
    pub kind: PlaceKind,
    /// Where it lies.
    pub region: Region,
    /// The platform's own 场所码 payload, shown byte for byte (DOMAIN §10); may be empty.
    pub place_code: String<256>,
    lanes: Vec<(u16, Direction), 16>,
}

impl Place {
    /// The direction of a lane.
    pub fn direction(&self, lane: u16) -> Option<Direction> {
        self.lanes.iter().find(|(number, _)| *number == lane).map(|(_, direction)| *direction)
    }
}

/// The signed `places` data.
#[derive(Clone, Debug)]
pub struct Places {
    version: u32,
    places: Vec<Place, 16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlacesDocument<'a> {
    format: u8,
    version: u32,
    #[serde(borrow)]
    places: Vec<PlaceDocument<'a>, 16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceDocument<'a> {
    number: u32,
    name: &'a str,
    kind: PlaceKind,
    region: &'a str,
    place_code: &'a str,
    lanes: Vec<LaneDocument, 16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LaneDocument {
    lane: u16,
    direction: Direction,
}

impl Places {
    /// Reads the document.
    ///
    /// # Errors
    /// [`BelievedError`].
    pub fn load(bytes: &[u8]) -> Result<Places, BelievedError> {
        let document: PlacesDocument<'_> = json::read(bytes)?;
        expect_format(document.format)?;
        let mut places = Vec::new();
        for (entry, place) in document.places.iter().enumerate() {
            let bad = |what| BelievedError::OutOfRange { entry, what };
            let place = Place {
                number: place.number,
                name: String::try_from(place.name).map_err(|_| bad("name"))?,
                kind: place.kind,
                region: Region::parse(place.region).ok_or(bad("region"))?,
                place_code: String::try_from(place.place_code).map_err(|_| bad("place_code"))?,
                lanes: place.lanes.iter().map(|lane| (lane.lane, lane.direction)).collect(),
            };
            places.push(place).map_err(|_| bad("count"))?;
        }
        Ok(Places { version: document.version, places })
    }

    /// Its version.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The place with this number.
    pub fn find(&self, number: u32) -> Option<&Place> {
        self.places.iter().find(|place| place.number == number)
    }
}

/// The signed table of risk levels by region (DOMAIN §9).
#[derive(Clone, Debug)]
pub struct RiskLevels {
    version: u32,
    regions: Vec<(Region, RiskLevel), 256>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RiskDocument<'a> {
    format: u8,
    version: u32,
    #[serde(borrow)]
    regions: Vec<RegionDocument<'a>, 256>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegionDocument<'a> {
    region: &'a str,
    risk: RiskLevel,
}

impl RiskLevels {
    /// Reads the document.
    ///
    /// # Errors
    /// [`BelievedError`].
    pub fn load(bytes: &[u8]) -> Result<RiskLevels, BelievedError> {
        let document: RiskDocument<'_> = json::read(bytes)?;
        expect_format(document.format)?;
        let mut regions = Vec::new();
        for (entry, row) in document.regions.iter().enumerate() {
            let region =
                Region::parse(row.region).ok_or(BelievedError::OutOfRange { entry, what: "region" })?;
            regions
                .push((region, row.risk))
                .map_err(|_| BelievedError::OutOfRange { entry, what: "count" })?;
        }
        Ok(RiskLevels { version: document.version, regions })
    }

    /// Its version.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The level of a region that the table names.
    pub fn of(&self, region: Region) -> Option<RiskLevel> {
        self.regions.iter().find(|(known, _)| *known == region).map(|(_, risk)| *risk)
    }
}

fn expect_format(found: u8) -> Result<(), BelievedError> {
    if found == 1 { Ok(()) } else { Err(BelievedError::OutOfRange { entry: 0, what: "format" }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_have_directions_and_places_names() {
        let text = r#"{"format":1,"version":1,"places":[{"number":7,"name":"测试站","kind":"station","region":"510100","place_code":"","lanes":[{"lane":1,"direction":"in"},{"lane":2,"direction":"out"}]}]}"#;
        let places = Places::load(text.as_bytes()).unwrap();
        let place = places.find(7).unwrap();
        assert_eq!(
            [place.direction(1), place.direction(2), place.direction(3)],
            [Some(Direction::In), Some(Direction::Out), None]
        );
        let wrong = text.replace("510100", "51010");
        assert!(matches!(
            Places::load(wrong.as_bytes()),
            Err(BelievedError::OutOfRange { entry: 0, what: "region" })
        ));
    }
}
