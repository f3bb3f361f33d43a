//! What the desktop says of how programs look and move: dark or light, animations, a blinking caret.
//!
//! On Linux from the settings of the desktop portal (`org.freedesktop.portal.Settings`, XDG Desktop Portal), which are
//! followed as long as the window is open. Where there is no portal, and on other systems, nothing is known here; the
//! theme of those comes from the window library.
//!
//! Elsewhere: what a person chose instead, and what becomes of both (`preferences`).

use eframe::egui;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What is known; by default nothing, and then nothing moves that need not.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Desktop {
    /// Whether dark themes are preferred.
    pub dark: Option<bool>,
    /// Whether nothing is to move by itself.
    pub still: bool,
    /// How a caret blinks, if it is to.
    pub blink: Option<Blink>,
}

/// How a caret blinks.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Blink {
    /// From one appearance to the next.
    pub period: Duration,
    /// It stops when nobody has typed for so long.
    pub timeout: Duration,
}

/// What a thread found out last, until it is taken.
#[derive(Clone, Default)]
pub struct Watch(Arc<Mutex<Option<Desktop>>>);

impl Watch {
    /// What is new since the last time.
    pub fn take(&self) -> Option<Desktop> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Begins to ask; each answer leads to a frame.
    pub fn start(&self, ctx: &egui::Context) {
        #[cfg(target_os = "linux")]
        {
            let (watch, ctx) = (self.clone(), ctx.clone());
            let report = move |desktop| {
                *watch.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(desktop);
                ctx.request_repaint();
            };
            // Where there is no bus, no portal or no thread to be had, nothing is known.
            let _ = std::thread::Builder::new().name("desktop".into()).spawn(move || portal::follow(&report));
        }
        #[cfg(not(target_os = "linux"))]
        let _ = ctx;
    }
}

#[cfg(target_os = "linux")]
mod portal {
    use super::{Blink, Desktop};
    use std::collections::HashMap;
    use std::time::Duration;
    use zbus::blocking::{Connection, Proxy};
    use zbus::zvariant::OwnedValue;

    /// Settings by name, by name space.
    type All = HashMap<String, HashMap<String, OwnedValue>>;

    const APPEARANCE: &str = "org.freedesktop.appearance";
    const INTERFACE: &str = "org.gnome.desktop.interface";

    /// Reports what the portal says, and again whenever it says something else; returns when it is gone.
    pub fn follow(report: &dyn Fn(Desktop)) -> zbus::Result<()> {
        let bus = Connection::session()?;
        let (name, path) = ("org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop");
        let settings = Proxy::new(&bus, name, path, "org.freedesktop.portal.Settings")?;
        let changes = settings.receive_signal("SettingChanged")?;
        let ask = || -> zbus::Result<()> {
            let all: All = settings.call("ReadAll", &([APPEARANCE, INTERFACE].as_slice(),))?;
            report(understood(&all));
            Ok(())
        };
        ask()?;
        for _ in changes {
            ask()?;
        }
        Ok(())
    }

    fn understood(all: &All) -> Desktop {
        let value = |space: &str, name: &str| all.get(space)?.get(name);
        let flag = |name: &str| value(INTERFACE, name).and_then(|v| bool::try_from(v).ok());
        let number = |space: &str, name: &str| {
            let value = value(space, name)?;
            let signed = || i32::try_from(value).ok().and_then(|n| u32::try_from(n).ok());
            u32::try_from(value).ok().or_else(signed)
        };
        let blinks = flag("cursor-blink") == Some(true);
        Desktop {
            // 0: no preference, 1: dark, 2: light.
            dark: number(APPEARANCE, "color-scheme")
                .and_then(|n| [None, Some(true), Some(false)].get(n as usize).copied()?),
            still: flag("enable-animations") == Some(false) || number(APPEARANCE, "reduced-motion") == Some(1),
            blink: blinks.then(|| Blink {
                // Milliseconds and seconds; as GNOME has them where nothing is said.
                period: Duration::from_millis(number(INTERFACE, "cursor-blink-time").unwrap_or(1_200).max(100).into()),
                timeout: Duration::from_secs(number(INTERFACE, "cursor-blink-timeout").unwrap_or(10).min(60).into()),
            }),
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use zbus::zvariant::Value;

        fn all(pairs: Vec<(&str, &str, Value<'_>)>) -> All {
            let mut all = All::new();
            for (space, name, value) in pairs {
                let value = value.try_to_owned().unwrap();
                all.entry(space.to_owned()).or_default().insert(name.to_owned(), value);
            }
            all
        }

        #[test]
        fn what_the_portal_says_is_understood_and_the_rest_passed_over() {
            assert_eq!(understood(&All::new()), Desktop::default());
            let gnome = all(vec![
                (APPEARANCE, "color-scheme", 1u32.into()),
                (APPEARANCE, "accent-color", "blue".into()),
                (INTERFACE, "enable-animations", false.into()),
                (INTERFACE, "cursor-blink", true.into()),
                (INTERFACE, "cursor-blink-time", 900i32.into()),
                (INTERFACE, "cursor-blink-timeout", (-3i32).into()),
            ]);
            let blink = Blink { period: Duration::from_millis(900), timeout: Duration::from_secs(10) };
            assert_eq!(understood(&gnome), Desktop { dark: Some(true), still: true, blink: Some(blink) });
            let other = all(vec![
                (APPEARANCE, "color-scheme", 7u32.into()),
                (APPEARANCE, "reduced-motion", 1u32.into()),
                (INTERFACE, "enable-animations", "no".into()),
            ]);
            assert_eq!(understood(&other), Desktop { still: true, ..Desktop::default() });
        }
    }
}
