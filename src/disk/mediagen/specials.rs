//! The special cases: each one is in every data set, however small.

use super::camera;
use super::dataset::{ContentNumber, Dataset};
use super::exif::{Date, Exif, Order};
use super::odd_names::{self, Copy};
use super::quicktime::{Brand, Video};
use super::random::Stream;
use super::raw::Flavour;
use super::recipe::{Body, Dates, Text};
use super::sidecar;
use super::truth::Kind;

/// Adds all special cases to `dataset`, photos of `size` bytes in the median.
pub(super) fn add(dataset: &mut Dataset, size: u64, random: Stream) {
    let mut specials = Specials {
        dataset,
        size,
        random,
    };
    specials.duplicates();
    specials.near_twins();
    specials.hard_links();
    specials.bundles();
    specials.phones();
    specials.dates();
    specials.odd_names();
    specials.oddments();
}

struct Specials<'a> {
    dataset: &'a mut Dataset,
    size: u64,
    random: Stream,
}

impl Specials<'_> {
    /// The same content in every combination of trees.
    fn duplicates(&mut self) {
        for paths in [
            &["media/2012/beach.jpg", "media/2012/beach (1).jpg"][..],
            &[
                "media/2012/07/hill.jpg",
                "media/2016/from old phone/hill.jpg",
            ],
            &["media/2013/lake.jpg", "archive/01/2013/05/lake.jpg"],
            &[
                "media/2014/town.jpg",
                "media/2015/town copy.jpg",
                "archive/02/2014/05/town.jpg",
                "archive/03/2014/05/town again.jpg",
            ],
            &[
                "media/2014/wood.jpg",
                "archive/02/2014/06/wood.jpg",
                "ingest/card/DCIM/100CANON/wood.jpg",
            ],
            &["media/2015/snow.jpg", "ingest/phone/snow.jpg"],
            &["archive/01/2011/01/rock.jpg", "ingest/phone/rock.jpg"],
            &[
                "archive/01/2011/02/moor.jpg",
                "archive/01/2011/02/moor_2.jpg",
            ],
            &["ingest/phone/fog.jpg", "ingest/phone/fog again.jpg"],
        ] {
            let body = self.jpeg();
            let content = self.photo(body);
            for path in paths {
                self.dataset.place(content, *path);
            }
        }
    }

    /// Files of the same size that differ in one byte.
    fn near_twins(&mut self) {
        for [path, twin] in [
            ["media/2016/near.jpg", "media/2016/near (1).jpg"],
            ["archive/02/2016/03/almost.jpg", "media/2016/almost.jpg"],
        ] {
            let body = self.jpeg();
            let content = self.photo(body);
            self.dataset.place(content, path);
            self.dataset.near_twin(content, path, twin);
        }
    }

    /// Hard links: of nothing else's copy, of a keeper, and of a file that must move.
    fn hard_links(&mut self) {
        let body = self.jpeg();
        let alone = self.photo(body);
        self.dataset.place(alone, "media/2017/linked.jpg");
        self.dataset.link(alone, "media/2017/linked too.jpg");

        let body = self.jpeg();
        let keeper = self.photo(body);
        self.dataset.place(keeper, "media/2017/keeper.jpg");
        self.dataset.link(keeper, "media/2019/keeper, linked.jpg");
        self.dataset.place(keeper, "media/2018/keeper, copied.jpg");

        let body = self.jpeg();
        let moving = self.photo(body);
        self.dataset.place(moving, "archive/02/2017/08/moving.jpg");
        self.dataset.place(moving, "media/2017/moving.jpg");
        self.dataset.link(moving, "media/2017/moving, linked.jpg");
    }

    /// Raw files with JPEGs, sidecars of both styles, and a bundle that is there twice.
    fn bundles(&mut self) {
        self.raw_pair("media/2018/IMG_9001", Flavour::Cr2);
        self.raw_pair("ingest/card/DCIM/100CANON/_DSC9002", Flavour::Nef);
        self.raw_pair("media/2020/R0009003", Flavour::Dng);

        // The sidecar alone knows when.
        let (picture, sidecar) = (self.photo(Body::Jpeg(None)), self.xmp());
        self.dataset.bundle(&[
            (picture, "ingest/scans/scan 1.jpg".into()),
            (sidecar, "ingest/scans/scan 1.xmp".into()),
        ]);
        let body = self.jpeg();
        let (picture, sidecar) = (self.photo(body), self.xmp());
        self.dataset.bundle(&[
            (picture, "media/2019/edited.jpg".into()),
            (sidecar, "media/2019/edited.jpg.xmp".into()),
        ]);

        let stamp = camera::stamp(&mut self.random);
        let exif = camera::raw_still(Flavour::Nef, stamp);
        let raw = self.photo(Body::Raw(Flavour::Nef, exif.clone()));
        let jpeg = self.photo(Body::Jpeg(Some(exif)));
        let sidecar = self.xmp();
        for stem in ["archive/03/2019/04/_DSC9004", "media/2019/04/_DSC9004"] {
            self.dataset.bundle(&[
                (raw, format!("{stem}.NEF")),
                (jpeg, format!("{stem}.JPG")),
                (sidecar, format!("{stem}.xmp")),
            ]);
        }
    }

    /// What phones and their clouds leave: Live Photos, adjustments, thumbnails, Takeout.
    fn phones(&mut self) {
        let stamp = camera::zoned_stamp(&mut self.random);
        let (exif, video) = camera::live_photo(stamp, &mut self.random);
        let still = self.photo(Body::Heif(exif));
        let video = self.photo(Body::Video(video));
        self.dataset.bundle(&[
            (still, "ingest/phone/IMG_9005.HEIC".into()),
            (video, "ingest/phone/IMG_9005.MOV".into()),
        ]);

        let (exif, video) = camera::live_photo(stamp, &mut self.random);
        let adjustments = sidecar::adjustments(&stamp, &camera::identifier(&mut self.random));
        let still = self.photo(Body::Jpeg(Some(exif)));
        let video = self.photo(Body::Video(video));
        let adjustments = self.text(Kind::Text, adjustments, Dates::default());
        self.dataset.bundle(&[
            (still, "media/2021/IMG_9006.JPG".into()),
            (video, "media/2021/IMG_9006.MOV".into()),
            (adjustments, "media/2021/IMG_9006.AAE".into()),
        ]);

        let clip = self.clip(Brand::Mov);
        let clip = self.photo(Body::Video(clip));
        let thumbnail = self.dataset.content(Body::Jpeg(None), 0);
        self.dataset.bundle(&[
            (clip, "ingest/card/DCIM/100CANON/MVI_9007.MOV".into()),
            (thumbnail, "ingest/card/DCIM/100CANON/MVI_9007.THM".into()),
        ]);

        let picture = self.photo(Body::Jpeg(None));
        let seconds = camera::stamp(&mut self.random).unix_seconds();
        let id = camera::identifier(&mut self.random);
        let json = self.text(
            Kind::Json,
            sidecar::takeout("IMG_9008.jpg", seconds, &id),
            Dates::instant(seconds, "takeout:photoTakenTime"),
        );
        self.dataset.bundle(&[
            (
                picture,
                "ingest/Takeout/Photos from 2018/IMG_9008.jpg".into(),
            ),
            (
                json,
                "ingest/Takeout/Photos from 2018/IMG_9008.jpg.json".into(),
            ),
        ]);
    }

    /// Every way in which a date stands in a file, or does not.
    fn dates(&mut self) {
        for (name, order, zoned) in [
            ("little.jpg", Order::Little, true),
            ("big.jpg", Order::Big, true),
            ("no offset.jpg", Order::Big, false),
        ] {
            let mut stamp = camera::stamp(&mut self.random);
            stamp.millis = zoned.then_some(45);
            stamp.offset = zoned.then_some(-210);
            let exif = Exif {
                order,
                ..camera::still(stamp, &mut self.random)
            };
            self.file(&format!("ingest/dates/{name}"), Body::Jpeg(Some(exif)));
        }
        let stamp = camera::stamp(&mut self.random);
        let zeros = Exif {
            date: Date::Zeros,
            ..camera::still(stamp, &mut self.random)
        };
        self.file("ingest/dates/zeros.jpg", Body::Jpeg(Some(zeros)));
        self.file("ingest/dates/none.jpg", Body::Jpeg(None));
        let exif = camera::still(stamp, &mut self.random);
        self.file("ingest/dates/exif.png", Body::Png(Some(exif)));
        self.file("media/2022/Screenshot_20220301-120000.png", Body::Png(None));

        let mut video = self.clip(Brand::Mp4);
        video.wide = false;
        self.file("ingest/dates/narrow.mp4", Body::Video(video.clone()));
        video.wide = true;
        video.moov_first = true;
        self.file("ingest/dates/wide.mp4", Body::Video(video.clone()));
        video.created = None;
        self.file("ingest/dates/unset.mp4", Body::Video(video));
        let creation_date = Some(camera::zoned_stamp(&mut self.random));
        let video = Video {
            creation_date,
            ..self.clip(Brand::Mov)
        };
        self.file("media/2022/video.mov", Body::Video(video));
    }

    /// Odd names, many of which must move because their content is there twice.
    fn odd_names(&mut self) {
        for (number, odd) in (1..).zip(odd_names::FILES) {
            let body = self.jpeg();
            let content = self.photo(body);
            match odd.copy {
                Copy::None => {}
                Copy::Archive => {
                    let path = [b"archive/02/2018/05/", odd.name].concat();
                    self.dataset.place(content, path);
                }
                Copy::Media => {
                    let path = format!("media/2011/plain_{number:02}.jpg");
                    self.dataset.place(content, path);
                }
            }
            self.dataset
                .place(content, [b"media/2018/odd names/", odd.name].concat());
        }

        let body = self.jpeg();
        let both_forms = self.photo(body);
        for name in [odd_names::DECOMPOSED, odd_names::COMPOSED] {
            self.dataset
                .place(both_forms, [b"media/2018/odd names/", name].concat());
        }
        let body = self.jpeg();
        let in_ingest = self.photo(body);
        self.dataset.place(in_ingest, b"ingest/phone/\xfcbung.jpg");

        for (number, name) in (1..).zip(odd_names::DIRECTORIES) {
            let body = self.jpeg();
            let content = self.photo(body);
            self.dataset
                .place(content, format!("media/2010/plain_{number:02}.jpg"));
            self.dataset
                .place(content, [b"media/2018/", *name, b"/x.jpg"].concat());
        }
    }

    /// Empty files, symbolic links, and what is no media at all.
    fn oddments(&mut self) {
        for path in [
            "archive/01/2012/11/empty.jpg",
            "ingest/phone/empty.mov",
            "media/2013/empty.jpg",
            "media/2020/empty.txt",
        ] {
            self.dataset.file(path, Body::Empty, 0);
        }
        for (path, target) in [
            ("media/2019/link to a file.jpg", "../2012/beach.jpg"),
            ("media/2019/link to a directory", "../2012"),
            ("media/2019/dangling link.jpg", "nowhere/nothing.jpg"),
            (
                "archive/02/2018/05/link to a file.jpg",
                "../../2014/05/town.jpg",
            ),
        ] {
            self.dataset.symlink(path, target);
        }
        self.dataset
            .file("ingest/phone/.DS_Store", Body::Noise, 6148);
        self.dataset
            .file("ingest/scans/Thumbs.db", Body::Noise, 4096);
        let id = camera::identifier(&mut self.random);
        let notes = format!("Scanned from the blue album.\n{id}\n");
        let notes = self.text(Kind::Text, notes, Dates::default());
        self.dataset.place(notes, "media/2020/notes.txt");
    }

    fn raw_pair(&mut self, stem: &str, flavour: Flavour) {
        let stamp = camera::stamp(&mut self.random);
        let exif = camera::raw_still(flavour, stamp);
        let raw = self.photo(Body::Raw(flavour, exif.clone()));
        let jpeg = self.photo(Body::Jpeg(Some(exif)));
        self.dataset.bundle(&[
            (raw, format!("{stem}{}", flavour.suffix())),
            (jpeg, format!("{stem}.JPG")),
        ]);
    }

    fn xmp(&mut self) -> ContentNumber {
        let stamp = camera::stamp(&mut self.random);
        let id = camera::identifier(&mut self.random);
        let dates = Dates::local(&stamp, "xmp:exif:DateTimeOriginal");
        self.text(Kind::Xmp, sidecar::xmp(&stamp, &id), dates)
    }

    fn text(&mut self, kind: Kind, text: String, dates: Dates) -> ContentNumber {
        self.dataset
            .content(Body::Text(Text { kind, text, dates }), 0)
    }

    fn jpeg(&mut self) -> Body {
        let stamp = camera::stamp(&mut self.random);
        Body::Jpeg(Some(camera::still(stamp, &mut self.random)))
    }

    fn clip(&mut self, brand: Brand) -> Video {
        let stamp = camera::stamp(&mut self.random);
        camera::clip(brand, stamp, &mut self.random)
    }

    fn photo(&mut self, body: Body) -> ContentNumber {
        let size = self.random.size(self.size);
        self.dataset.content(body, size)
    }

    fn file(&mut self, path: &str, body: Body) {
        let content = self.photo(body);
        self.dataset.place(content, path);
    }
}
