// SPDX-License-Identifier: MIT
#include <extraction/vocabulary.hpp>

#include <algorithm>

namespace trunkline::extraction {

WordSet::WordSet(std::string_view words)
{
    while (!words.empty()) {
        const std::size_t space = std::min(words.find(' '), words.size());
        if (space > 0) sorted_.push_back(words.substr(0, space));
        words.remove_prefix(std::min(space + 1, words.size()));
    }
    std::sort(sorted_.begin(), sorted_.end());
}

bool WordSet::contains(std::string_view word) const noexcept
{
    return std::binary_search(sorted_.begin(), sorted_.end(), word);
}

bool is_function_word(std::string_view word)
{
    static const WordSet words{
        "a about above absolutely account actually address after again ain't all already also alright always am an and "
        "any "
        "anyone anything are aren't as ask at awesome awful back be because been before being believe below best both "
        "but by "
        "bye call called calling came can can't cannot chat check come coming contact cool correct could couldn't "
        "cause cuz "
        "did didn't do does doesn't doing don't done dont each either else email e-mail ever every everything "
        "excellent "
        "exactly few fine first follow following for forgot from full get getting give go going gonna good goodbye got "
        "gotten great had happy has hasn't have haven't having he he's hello help her here here's hers hey hi his hiya "
        "hmm hold hope hopefully how how's however huh i i'd i'll i'm i've id if im in incorrect instead into is isn't "
        "it "
        "it'll it's its just kind know last let let's like likely look looking lol lot made make many maybe me mean "
        "mine "
        "mobile more most much must my myself name named names need needed needs never new next nice no none nope not "
        "nothing now number of off oh ok okay on once one only onto oops or order other our ours out over own perfect "
        "person phone please pls plz possible probably problem question quick quite rather really regarding right said "
        "same say saying see seem seems send sent she she's should shouldn't since so some somebody someone something "
        "soon sorry sort speaking spell spelled spelling still such sure surely take talk tell telling than thank "
        "thanks "
        "that that's thats the their theirs them then there there's these they they're thing think this those though "
        "through thx till to today told too tried true try trying two typo um umm under until up upon ur us use used "
        "user user's username using usually very via wait waiting wanna want wanted wants was wasn't way we we'd we'll "
        "we're we've well were weren't what what's whatever when where whether which while who who's whole whom whose "
        "why "
        "with without won't wondering work works would wouldn't write writing wrong wrote ya yea yeah yep yes yet you "
        "you'd you'll you're you've your yours yup yourself zip hola und ich bin mein meine der die das aber nicht "
        "bitte danke ja nein oui non merci bonjour gracias por favor sì grazie ciao halo terima kasih saya"};
    return words.contains(word);
}

namespace {

bool is_talk_word(std::string_view word)
{
    static const WordSet words{
        "able abroad accept accepted access accident according ache across action active actual add added adding "
        "afraid "
        "afternoon age ago agree agreed ahead alive allergic allow allowed almost alone along amazed amazing american "
        "amount "
        "angry annoyed annoying another answer anxious anymore anyway apartment apologies appeal appears apple apply "
        "applying appointment appreciate approved april area around arrive arrived asap asked asking asleep assistance "
        "available aware away awake baby bad bag bank based basic basically beach beautiful become bed begin behind "
        "better "
        "between big bill billed billing birthday bit black blue board bored boot boots born boss bought box boy brand "
        "broke broken bronze brother brown bunch business busy buy buyer buying cake cancel canceled cancelled "
        "cancelling "
        "car card care careful carrier cart case cash cat catholic certain certainly chance change changed charge "
        "charged "
        "cheap checking checkout child children choose christian claim class clean clear clearly click close closed "
        "clothes coat code coffee cold collect color colour comfortable committed company complain complaint complete "
        "completely concerned concern condition confident confirm confirmed confused confusing considering contacting "
        "continue convinced correctly cost costs country couple coupon course cream credit crazy curious current "
        "currently "
        "customer customers cute damaged dark date daughter day days dead deal dear debit december decided declined "
        "defect "
        "defective definitely deliver delivered delivery depressed desk desperate details developer diabetic different "
        "difficult dinner direct disabled disappointed discount discounted dispute divorced doctor document documents "
        "dog "
        "dollar dollars double doubt down dress drive driver driving due during dying early earlier easy eating eight "
        "eighty "
        "eleven employed employee end engaged engineer english enjoy enough entire entirely error especially even "
        "evening "
        "event everybody everyone example excited expect expected expecting expensive experiencing expire expired "
        "explain "
        "extra extremely eye fact failed fair fairly family far fast faster father faulty favorite feature february "
        "feel "
        "feeling feels fee fees fifty figure fill final finally find finding finished fit five fix flight foreign "
        "forever "
        "form forty forward found four free freezing french friday friend frustrated frustrating frustration fun funny "
        "furious future gave general getting gift girl glad glasses gluten god gold gone grand grateful green grey "
        "ground group "
        "guess guest guest's guy guys half hand handle happen happened happening hard hat hate hats hear heard hearing "
        "heavy "
        "helped helpful helping hers high himself hit holiday home homeless honest honestly hoping horrible hot hotel "
        "hour "
        "hours house huge hundred hungry hurry hurt husband idea ill imagine immediately important impossible "
        "impressed "
        "including information injured innocent inquiring inside insurance interested interesting internet intolerant "
        "invoice irritated issue issues item items itself jacket january jeans jewish job july june keep kept key kid "
        "kidding "
        "kids killed knew knowing lactose lady large late later lately laptop latter lawyer learn least leave leaving "
        "left legal less "
        "letter level life light limit line link list listed literally little live lived lives living load local "
        "location "
        "log logged login long longer looks lose losing lost loud love loved lovely low loyal loyalty luck lucky lunch "
        "mad "
        "mail mailed main major male man manager march mark married match matter may meant meeting member members "
        "membership "
        "membership's merchandise message messaged met middle might mind minute minutes miss missed missing mistake "
        "mom "
        "moment monday money month months morning mother move moved moving multiple music muslim near nearly necessary "
        "nervous "
        "nicely night nine ninety nobody noon normal north note notice notified november numerous obvious obviously "
        "occupied "
        "october offer offered offline often old older online open opened opening option options orange ordered "
        "ordering "
        "orders original others otherwise outside overcharged owner page paid pair pants paper parents parking part "
        "party "
        "pass passport password past patient pay paying payment people per perhaps permanent permanently personal pet "
        "picked picture piece pink pissed place placed placing plan planning platinum pleased pleasure plus point "
        "police "
        "poor positive post prefer pregnant prepared present pretty previous price priced prices prime print private "
        "process processed processing product products professional promise promo promotion properly protestant proud "
        "provide provided purchase purchased purchases purchasing purple put puzzled quality quickly quiet rain ran "
        "random "
        "read reading ready real realized reason receipt receive received receiving recent recently record red ref "
        "reference refund refunded refunding refuse regards regular related relieved remember remove rent repeat "
        "replace "
        "replacement reply report representative request requested require required reservation reset resident resolve "
        "resolved rest restaurant result retired return returned returning returns review rich ridiculous ring road "
        "room "
        "rose round rude run running rush sad safe sale sales sandwich satisfied saturday save saw scared school "
        "screen "
        "search season seat second seconds security seeing seen sell selling september serious seriously service "
        "services "
        "set settings setting seven seventy several shall shame share ship shipment shipped shipping shirt shirts "
        "shocked "
        "shoe shoes shop shopping short show shown shows shut sick side sign signed silver simple simply sincerely "
        "single "
        "sir sister sit site situation six sixty size sizes sleeping slow small smart snow software sold solid solve "
        "somewhere son sound sounds south space spanish spare special specific spend spent spoke staff stand standard "
        "start started starting state status stay step stock stolen stop store straight strange street student stuck "
        "student's stupid style subscription successful suddenly suggest summer sunday super supervisor support "
        "supposed "
        "surprised swamped system table taken taking tall taxes tax team technical ten terrible terribly test texas "
        "text "
        "thankful thirty thirsty thousand three thrilled thursday ticket tie tight time times tired title together "
        "tomorrow "
        "tonight took tool top total totally touch toward track tracking train transaction transfer travel traveling "
        "trip "
        "trouble truck trust tuesday turn twelve twenty twice type unable unacceptable uncle understand understood "
        "unemployed unfortunately unhappy unless unsure unusual upset urgent useful vacation vegan vegetarian verify "
        "version "
        "view vip visa visit walk wallet warm watch water wear weather website wedding wednesday week weekend weeks "
        "weird "
        "welcome went west wet wherever white wide widowed wife will willing win window winter wish within woman women "
        "won "
        "wonderful word working world worried worry worse worst worth wow year years yellow yesterday young younger "
        "zero "
        "browsing glad inquiry curious seeking hoping thinking referring frustrated sitting calling renting shipping "
        "appalled stumped sold-out logged-in over-charged app cruise premium admin agent assistant human robot bot "
        "guest "
        "vendor supplier tourist traveller traveler citizen national expat founder ceo manager's director teacher "
        "nurse "
        "student freelancer investor retiree lawyer artist designer entrepreneur"};
    return words.contains(word);
}

} // namespace

bool is_common_word(std::string_view word) { return is_function_word(word) || is_talk_word(word); }

bool is_place_or_time(std::string_view word)
{
    static const WordSet words{"africa alabama alaska america amsterdam anaheim angeles april arizona arkansas asia "
                               "athens atlanta august australia "
                               "austria bali bangkok barcelona bay beijing belgium berkeley berlin bogota boston "
                               "brazil brussels budapest cairo "
                               "california canada canggu cdmx chicago china colorado columbia connecticut cyprus "
                               "dallas december delaware delhi denmark "
                               "denpasar denver detroit dubai dublin egypt england europe february finland florida "
                               "france francisco frankfurt fremont "
                               "fresno friday geneva georgia germany greece hamburg hawaii hayward hongkong houston "
                               "hungary idaho illinois india "
                               "indiana indonesia iowa iran iraq ireland israel istanbul italy jakarta january japan "
                               "july june kansas kenya kentucky "
                               "korea kuala kuta lisbon livermore london louisiana lyon madrid maine malaysia manila "
                               "maryland massachusetts melbourne "
                               "mexico miami michigan milan minnesota mississippi missouri monday montana montreal "
                               "morocco moscow mumbai munich napa "
                               "nashville nebraska netherlands nevada norway november oakland october ohio oklahoma "
                               "oregon oslo pakistan palo paris "
                               "pennsylvania peru petaluma philadelphia philippines phoenix pleasanton poland portland "
                               "portugal prague raleigh rio "
                               "rome rotterdam russia sacramento san santa saratoga saturday scotland seattle seminyak "
                               "seoul september seville sf "
                               "shanghai singapore spain stockholm sunday surabaya sweden switzerland sydney taiwan "
                               "tennessee texas thailand thursday "
                               "tokyo toronto tuesday turkey ubud uk ukraine usa utah vancouver vegas vermont vienna "
                               "vietnam virginia wales walnut "
                               "warsaw washington wednesday wisconsin wyoming york zealand zurich fayette christmas "
                               "easter halloween thanksgiving "
                               "today tomorrow yesterday"};
    return words.contains(word);
}

bool is_name_particle(std::string_view word)
{
    static const WordSet words{
        "van von der den de da di du dos das del della la le el al bin binti binte ibn ben abu ter ten "
        "zu zur af av y st mc"};
    return words.contains(word);
}

bool is_brand(std::string_view words)
{
    static const WordSet brands{
        "michael_kors calvin_klein tommy_hilfiger ralph_lauren hugo_boss christian_dior louis_vuitton jimmy_choo "
        "tom_ford "
        "marc_jacobs kate_spade tory_burch vera_wang donna_karan giorgio_armani emporio_armani paul_smith ted_baker "
        "ben_sherman john_deere harley_davidson wells_fargo morgan_stanley goldman_sachs jack_daniels mary_kay "
        "abercrombie_fitch "
        "american_express american_airlines bank_america best_buy home_depot whole_foods trader_joe's old_navy "
        "banana_republic "
        "new_balance under_armour north_face dolce_gabbana marks_spencer san_francisco new_york los_angeles san_jose "
        "new_delhi "
        "hong_kong kuala_lumpur las_vegas san_diego san_mateo walnut_creek palo_alto mountain_view santa_rosa "
        "santa_clara "
        "instagram facebook google amazon apple whatsapp paypal ebay netflix nike adidas gucci prada guess levis zara "
        "samsung "
        "microsoft shopify uber lyft airbnb"};
    std::string joined(words);
    std::replace(joined.begin(), joined.end(), ' ', '_');
    return brands.contains(joined);
}

const WordSet& top_level_domains()
{
    static const WordSet words{
        "com net org edu gov mil io co ai app dev info biz me tv uk us ca au nz de at ch fr be nl lu it "
        "es pt pl cz sk hu ro bg gr se no dk fi ie ru ua tr il in id my sg th vn ph jp kr cn hk tw br "
        "ar mx cl pe za eu asia test example"};
    return words;
}

const WordSet& file_endings()
{
    static const WordSet words{
        "png jpg jpeg gif svg webp avif bmp tif tiff ico heic pdf doc docx xls xlsx ppt pptx csv txt md "
        "html htm css js ts json xml yaml yml zip gz tar rar exe dll mp3 mp4 mov wav"};
    return words;
}

} // namespace trunkline::extraction
